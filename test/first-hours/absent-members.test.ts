// What an author reads when a member of env is missing. Tests bear the number of the problem that they keep away.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startPlugin } from '../../runtime/testing/index.ts'
import { saveFiles } from '../dev/dev-plugin.ts'
import { temporaryFolder } from '../support/runtime.ts'

test('A7: the use of a member of env that is not granted says what to add; other errors stay as they are', async (t) => {
  const folder = await temporaryFolder(t)
  await saveFiles(folder, {
    'manifest.json': JSON.stringify({
      ...{ manifestVersion: 1, id: 'shop', name: 'Shop', version: '1.0.0', access: 'public' },
      permissions: { kv: true },
    }),
    'backend/index.js': `export default { async fetch(request, env) {
      const { pathname } = new URL(request.url)
      if (pathname === '/db') return new Response(await env.db.prepare('SELECT 1').run())
      if (pathname === '/events') return new Response(await env.events.emit('x'))
      if (pathname === '/list') return new Response(await undefined.list('x'))
      if (pathname === '/kv') return new Response(await undefined.getWithMetadata('x'))
      return Response.json(['db' in env, env.db === undefined, 'kv' in env])
    } }`,
  })
  await using plugin = await startPlugin(folder)
  assert.deepEqual(await (await plugin.fetch('/')).json(), [false, true, true])
  const logged = async (path: string) => {
    assert.equal((await plugin.fetch(path)).status, 500)
    return (await plugin.logs()).at(-1)?.message ?? ''
  }
  assert.match(
    await logged('/db'),
    /reading 'prepare'\)\. If it is env\.db, that is not granted: add "database": true to "permissions" in manifest\.json/,
  )
  assert.match(await logged('/events'), /If it is env\.events, that is not granted: add "events": \["…"\]/)
  // Both have such a method, and neither is granted.
  assert.match(await logged('/list'), /If it is env\.files or env\.tasks or env\.volumes, /)
  // It is granted: something else was undefined.
  assert.match(await logged('/kv'), /reading 'getWithMetadata'\)$/)
})
