// What a plugin has used of its permissions, and when last.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import { install, startTestRuntime, temporaryFolder } from '../support/runtime.ts'

test('the last use of a permission is known, also after a restart', async (t) => {
  const data = await temporaryFolder(t)
  const runtime = await startTestRuntime(t, { config: { data } })
  await install(runtime, {
    id: 'notes',
    backend: `export default {
      async fetch(request, env) { await env.kv.put('a', 'b'); return new Response('kept') },
    }`,
    manifest: { permissions: { kv: true, database: true, events: ['b.*'] } },
  })
  assert.deepEqual(
    (await runtime.plugins.permissionUses('notes')).filter(
      ({ lastAt, count }) => lastAt !== null || count > 0,
    ),
    [],
  )
  const response = await createApp(runtime).request('http://127.0.0.1/plugins/notes/api/')
  assert.equal(response.status, 200)
  const used = new Map((await runtime.plugins.permissionUses('notes')).map((use) => [use.permission, use]))
  assert.equal(used.get('kv')?.count, 1)
  assert.equal(used.get('database')?.lastAt, null)
  assert.equal(used.get('events')?.isCounted, false)
  const { lastAt } = used.get('kv') ?? {}
  assert.ok(lastAt)
  await runtime.close()

  const again = await startTestRuntime(t, { config: { data } })
  const kv = (await again.plugins.permissionUses('notes')).find(({ permission }) => permission === 'kv')
  assert.deepEqual(kv, { permission: 'kv', isCounted: true, count: 0, lastAt })
})
