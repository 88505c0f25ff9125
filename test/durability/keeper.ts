// The plugins of the durability run: one stores what it is sent in every possible way, one is updated all the time.

import { backendOf, pluginZip } from '../support/runtime.ts'

const KEEPS = `
const q = (name) => url.searchParams.get(name)
const round = Number(q('round')), n = Number(q('n'))
switch (url.pathname) {
  case '/put': await env.kv.put('r' + round + '-' + n, 'x'.repeat(100) + n); break
  case '/sql': await env.db.prepare('INSERT INTO writes (round, n) VALUES (?, ?)').bind(round, n).run(); break
  // Both rows or none.
  case '/both': await env.db.batch(['left', 'right'].map((side) => env.db.prepare('INSERT INTO pairs (round, n, side) VALUES (?, ?, ?)').bind(round, n, side))); break
  case '/count': await env.kv.increment('count'); break
  case '/audit': {
    const keys = []
    let cursor
    do {
      const page = await env.kv.list({ prefix: 'r' + round + '-', limit: 1000, ...(cursor && { cursor }) })
      for (const { name } of page.keys) keys.push(Number(name.slice(name.indexOf('-') + 1)))
      cursor = page.list_complete ? undefined : page.cursor
    } while (cursor !== undefined)
    const rows = (await env.db.prepare('SELECT n FROM writes WHERE round = ?').bind(round).all()).results.map((row) => row.n)
    const pairs = (await env.db.prepare('SELECT n, count(*) AS sides FROM pairs WHERE round = ? GROUP BY n').bind(round).all()).results
    return Response.json({ keys, rows, pairs, count: Number(await env.kv.get('count') ?? 0) })
  }
}
return new Response('done')`

export const KEEPER = pluginZip({
  id: 'keeper',
  backend: backendOf(KEEPS),
  files: {
    'backend/migrations/0001.sql':
      'CREATE TABLE writes (round INTEGER, n INTEGER); CREATE TABLE pairs (round INTEGER, n INTEGER, side TEXT)',
  },
  manifest: {
    access: 'public',
    permissions: { kv: true, database: true },
    settings: { type: 'object', properties: { number: { type: 'integer', default: 0 } } },
  },
})

/** What `/audit` answers for a round. */
export interface Audit {
  readonly keys: readonly number[]
  readonly rows: readonly number[]
  readonly pairs: readonly { readonly n: number; readonly sides: number }[]
  readonly count: number
}

/** Version `1.<n>.0`: backend and asset say which one they are. */
export function survivorZip(n: number): Uint8Array<ArrayBuffer> {
  return pluginZip({
    id: 'survivor',
    version: `1.${n}.0`,
    backend: backendOf(`return new Response('1.${n}.0')`),
    files: {
      'frontend/v.txt': `1.${n}.0`,
      // Enough to make writing take a while.
      'frontend/filler.txt': `${n} `.repeat(30_000),
    },
    manifest: { access: 'public' },
  })
}
