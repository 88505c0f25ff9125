// The plugins of the soak run: one that works, one that is replaced all the time, and one that attacks in every way it can.

import { backendOf, pluginZip } from '../helpers/runtime.ts'

export const WORKER = pluginZip({
  id: 'worker',
  backend: backendOf(`
    const n = Number(url.searchParams.get('n') ?? 0)
    switch (url.pathname) {
      case '/kv': await env.kv.put('k' + (n % 100), 'x'.repeat(1000)); return new Response(await env.kv.get('k' + (n % 100)))
      case '/sql': {
        await env.db.prepare('INSERT OR REPLACE INTO notes VALUES (?, ?)').bind(n % 500, 'x'.repeat(500)).run()
        const { results } = await env.db.prepare('SELECT count(*) AS n FROM notes').all()
        return Response.json(results)
      }
      case '/echo': return new Response(request.body)
      case '/stream': return new Response(new ReadableStream({ pull(controller) { controller.enqueue(new Uint8Array(65536)); if (++url.port >= 20) controller.close() } }))
      case '/log': console.log('line', n, { a: 1 }); return new Response('logged')
      default: return Response.json({ n, at: new Date() })
    }`)
    .replace('++url.port >= 20', '++sent >= 20')
    .replace('const n =', 'let sent = 0\n    const n ='),
  files: {
    'backend/migrations/0001.sql': 'CREATE TABLE notes (n INTEGER PRIMARY KEY, text TEXT)',
    'frontend/index.html': '<!doctype html><title>Soak</title><script src="app.js"></script>',
    'frontend/app.js': 'console.log(1)\n'.repeat(2000),
  },
  manifest: {
    access: 'public',
    permissions: { kv: true, database: true },
    settings: { type: 'object', properties: { number: { type: 'integer' } } },
  },
})

/** Deeds by path; each ends badly for the plugin alone. */
export const DEEDS = [
  'loop',
  'stuck',
  'heap',
  'buffers',
  'timers',
  'reject',
  'throw',
  'never',
  'logs',
  'calls',
] as const

export const ATTACKER = pluginZip({
  id: 'attacker',
  backend: backendOf(`
    switch (url.pathname) {
      case '/loop': for (;;) {}
      case '/stuck': new Array(1e9).fill(0); break
      case '/heap': { const kept = []; for (;;) kept.push(new Array(10000).fill({})) }
      case '/buffers': { const kept = []; for (;;) kept.push(new Uint8Array(10_000_000).fill(1)) }
      case '/timers': for (let n = 0; n < 1e5; n++) setTimeout(() => {}, 1e6); break
      case '/reject': for (let n = 0; n < 1000; n++) Promise.reject(new Error('nobody awaits')); break
      case '/throw': throw new Error('as asked')
      case '/never': await new Promise(() => {}); break
      case '/logs': for (let n = 0; n < 1e5; n++) console.log('x'.repeat(1000)); break
      case '/calls': await Promise.allSettled(Array.from({ length: 5000 }, (_, n) => env.kv.put('k' + n, 'x'))); break
    }
    return new Response('done')`),
  manifest: { access: 'public', permissions: { kv: true }, limits: { deadlineMs: 2000, cpuMs: 300 } },
})

/** A plugin that comes and goes; every second one is refused. */
export function passing(n: number): Uint8Array<ArrayBuffer> {
  const zip = pluginZip({
    id: `passing-${n % 5}`,
    version: `1.${n}.0`,
    backend: backendOf(`return new Response('${n}')`),
    files: { 'frontend/index.html': `<p>${n}</p>`, 'frontend/big.txt': `${n} `.repeat(50_000) },
    manifest: { access: 'public' },
  })
  return n % 2 === 0 ? zip : zip.subarray(0, zip.length - 30)
}
