// The plugins of the soak run that mean no harm: one that works, and one that is replaced all the time.

import { backendOf, pluginZip } from '../support/runtime.ts'

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
