// A server that was started with --safe: everything can be administered, and no code of a plugin runs.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRuntime } from '../../runtime/runtime.ts'
import {
  ADMIN_TOKEN,
  backendOf,
  install,
  send,
  startTestRuntime,
  temporaryFolder,
  WAYS,
} from '../support/runtime.ts'

const RUNS = backendOf(`return new Response('it runs')`)

test('in safe mode no plugin starts, whatever is done with it; afterwards the enabled ones do', async (t) => {
  const data = await temporaryFolder(t)
  const before = await createRuntime({
    environment: {},
    config: { data, logLevel: 'silent', adminToken: ADMIN_TOKEN },
  })
  for (const id of ['kept', 'removed', 'stopped']) await install(before, { id, backend: RUNS })
  await before.close()

  const safe = await createRuntime({
    environment: {},
    config: { data, port: 0, logLevel: 'silent', adminToken: ADMIN_TOKEN },
    safe: true,
  })
  t.after(() => safe.close())
  const [server] = WAYS
  assert.ok(server)
  const client = await server.open(t, safe)
  const { state, enabled, problem } = await safe.plugins.get('kept')
  assert.deepEqual({ state, enabled }, { state: 'disabled', enabled: true })
  assert.match(problem?.message ?? '', /safe mode/)
  await install(safe, { id: 'kept', version: '1.1.0', backend: RUNS })
  await install(safe, { id: 'new', backend: RUNS })
  for (const action of ['enable', 'reload', 'retry'])
    assert.equal((await send(safe, 'POST', `/plugins/kept/${action}`)).status, 200, action)
  assert.equal((await send(safe, 'POST', '/plugins/stopped/disable')).status, 200)
  assert.equal((await send(safe, 'DELETE', '/plugins/removed')).status, 204)
  for (const id of ['kept', 'new', 'stopped', 'removed'])
    assert.equal((await client.fetch(`/plugins/${id}/api/`)).status, 404, id)
  assert.deepEqual(
    safe.sandbox.processes.flatMap(({ plugins }) => plugins),
    [],
  )
  await safe.close()

  const after = await startTestRuntime(t, { config: { data } })
  const visitor = await server.open(t, after)
  for (const id of ['kept', 'new'])
    assert.equal(await (await visitor.fetch(`/plugins/${id}/api/`)).text(), 'it runs', id)
  assert.equal((await after.plugins.get('kept')).version, '1.1.0')
  assert.equal((await after.plugins.get('stopped')).state, 'disabled')
})
