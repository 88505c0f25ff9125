// What Kolibri's users know of enabling, updating and failing plugins, row by row: each test begins with the name of its row in the
// table of Kolibri's capabilities. docs/upgrades.md and docs/cli.md describe what is promised here.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { EnablingAnswer } from '../../../sdk/api/enabling.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import {
  api,
  backendOf,
  bothWays,
  codeOf,
  install,
  type PluginSource,
  pluginZip,
  send,
  startTestRuntime,
  temporaryFolder,
  upload,
} from '../../support/runtime.ts'

const ANSWERS = backendOf("return new Response('here')")
const plain = (id: string, version = '1.0.0'): PluginSource => ({ id, version, backend: ANSWERS })

async function switched(runtime: Runtime, verb: string, ids: readonly string[]): Promise<EnablingAnswer> {
  const response = await send(runtime, 'POST', `/plugins/${verb}`, { ids })
  assert.equal(response.status, 200)
  return (await response.json()) as EnablingAnswer
}

const outcomes = ({ results }: EnablingAnswer) =>
  results.map(({ id, ok, changed, problem }) => [id, ok, changed, problem?.code ?? null])

const get = async (runtime: Runtime, id: string) =>
  (await (await api(runtime, `/plugins/${id}`)).json()) as Installation

/** Ids with what was chosen, and what is. */
async function states(runtime: Runtime): Promise<Readonly<Record<string, string>>> {
  const { items } = (await (await api(runtime, '/plugins')).json()) as { items: readonly Installation[] }
  return Object.fromEntries(
    items.map(({ id, enabled, state }) => [
      id,
      `${enabled ? 'on' : 'off'} ${state === 'idle' ? 'running' : state}`,
    ]),
  )
}

async function statusOf(runtime: Runtime, id: string): Promise<number> {
  return (await createApp(runtime).request(`http://127.0.0.1:3000/plugins/${id}/api/`)).status
}

test('CLI: enable, disable and apply try every name, report each, and note what was so already', async (t) => {
  const runtime = await startTestRuntime(t)
  for (const id of ['aa', 'bb', 'cc'])
    await install(runtime, plain(id), { enable: id === 'cc' ? 'true' : 'false' })
  await install(runtime, { ...plain('broken'), backend: "throw new Error('no')" }, { enable: 'false' })
  const enabled = await switched(runtime, 'enable', [
    'missing',
    'aa',
    'broken',
    'Not An Id',
    'cc',
    'aa',
    'bb',
  ])
  assert.equal(enabled.ok, false)
  assert.deepEqual(outcomes(enabled), [
    ['missing', false, false, 'PLUGIN_UNKNOWN'],
    ['aa', true, true, null],
    ['broken', false, true, 'LOAD_FAILED'],
    ['Not An Id', false, false, 'PLUGIN_UNKNOWN'],
    ['cc', true, false, null],
    ['bb', true, true, null],
  ])
  const applied = await switched(runtime, 'apply', ['bb', 'gone'])
  assert.deepEqual(outcomes(applied), [
    ['bb', true, false, null],
    ['gone', false, false, 'PLUGIN_UNKNOWN'],
    ['aa', true, true, null],
    ['broken', true, true, null],
    ['cc', true, true, null],
  ])
  assert.deepEqual(await states(runtime), {
    aa: 'off disabled',
    bb: 'on running',
    broken: 'off disabled',
    cc: 'off disabled',
  })
  assert.deepEqual(outcomes(await switched(runtime, 'disable', ['aa', 'bb'])), [
    ['aa', true, false, null],
    ['bb', true, true, null],
  ])
  assert.deepEqual(outcomes(await switched(runtime, 'apply', [])), [])
  const rows = (await runtime.store.audit.list({ limit: 100 })).items.length
  await switched(runtime, 'apply', [])
  assert.equal(
    (await runtime.store.audit.list({ limit: 100 })).items.length,
    rows,
    'the second time changes nothing',
  )
})

test('REST: only who may manage plugins switches them, and a body that is none is refused', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, plain('aa'))
  for (const body of [
    {},
    { ids: 'aa' },
    { ids: [1] },
    { ids: [''] },
    { ids: [], more: 1 },
    { ids: Array(1001).fill('aa') },
  ])
    assert.equal(await codeOf(await send(runtime, 'POST', '/plugins/disable', body)), 'BAD_REQUEST')
  const created = await send(runtime, 'POST', '/tokens', { name: 'viewer', permissions: ['plugins.view'] })
  const { token } = (await created.json()) as { token: string }
  for (const verb of ['enable', 'disable', 'apply']) {
    const response = await createApp(runtime).request(`http://127.0.0.1:3000/api/v1/plugins/${verb}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ ids: [] }),
    })
    assert.equal(response.status, 403)
  }
  assert.equal((await get(runtime, 'aa')).enabled, true)
})

bothWays('Enable effect: enabling and disabling take effect at once, without a restart', async (t, way) => {
  const runtime = await startTestRuntime(t)
  const client = await way.open(t, runtime)
  await install(runtime, plain('aa'), { enable: 'false' })
  const status = async () => (await client.fetch('/plugins/aa/api/')).status
  assert.equal(await status(), 404)
  await switched(runtime, 'enable', ['aa'])
  assert.equal(await status(), 200)
  await switched(runtime, 'apply', [])
  assert.equal(await status(), 404)
})

test('Env control: the lists decide at the start, and what was chosen holds again without them', async (t) => {
  const data = await temporaryFolder(t)
  const start = (plugins: object) => startTestRuntime(t, { config: { data, plugins } })
  const first = await start({})
  for (const id of ['aa', 'bb', 'cc'])
    await install(first, plain(id), { enable: id === 'cc' ? 'false' : 'true' })
  const chosen = { aa: 'on running', bb: 'on running', cc: 'off disabled' }
  assert.deepEqual(await states(first), chosen)
  await first.close()

  const lists = await start({ enable: ['cc', 'bb'], disable: ['bb', 'not-there'] })
  assert.deepEqual(await states(lists), { aa: 'on running', bb: 'on disabled', cc: 'off running' })
  assert.deepEqual([await statusOf(lists, 'bb'), await statusOf(lists, 'cc')], [404, 200])
  const off = await get(lists, 'bb')
  assert.deepEqual(off.forced, {
    enabled: false,
    key: 'plugins.disable',
    variable: 'PLUGBAY_PLUGINS_DISABLE',
  })
  assert.match(off.problem?.message ?? '', /"plugins.disable" \(PLUGBAY_PLUGINS_DISABLE\)/)
  assert.deepEqual((await get(lists, 'aa')).forced, null)
  await lists.close()

  const applied = await start({ apply: ['cc'], enable: ['aa'], disable: ['cc'] })
  assert.deepEqual(await states(applied), { aa: 'on disabled', bb: 'on disabled', cc: 'off running' })
  await applied.close()

  assert.deepEqual(await states(await start({})), chosen)
})

test('Env control: a choice made meanwhile is kept for later, and an update does not change it', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { config: { data, plugins: { disable: ['aa'], enable: ['bb'] } } })
  assert.equal((await install(first, plain('aa'))).state, 'disabled')
  assert.equal((await install(first, plain('bb'), { enable: 'false' })).state, 'running')
  const { results } = await switched(first, 'disable', ['aa'])
  assert.deepEqual([results[0]?.ok, results[0]?.changed], [true, true])
  await switched(first, 'enable', ['bb'])
  await switched(first, 'disable', ['bb'])
  assert.equal((await get(first, 'bb')).state, 'running')
  assert.equal((await install(first, plain('bb', '1.1.0'))).version, '1.1.0')
  assert.deepEqual(await states(first), { aa: 'off disabled', bb: 'off running' })
  await first.close()
  const second = await startTestRuntime(t, { config: { data } })
  assert.deepEqual(await states(second), { aa: 'off disabled', bb: 'off disabled' })
})

test('Env control: a plugin that the configuration enables, and whose handler refuses, has failed, and nothing is chosen for it', async (t) => {
  const runtime = await startTestRuntime(t, {
    config: { data: await temporaryFolder(t), plugins: { enable: ['aa'] } },
  })
  const backend = "export default { fetch() {}, lifecycle: { enable() { throw new Error('not today') } } }"
  const installed = await install(runtime, { ...plain('aa'), backend })
  assert.deepEqual(
    [installed.state, installed.enabled, installed.problem?.code],
    ['failed', true, 'HANDLER_FAILED'],
  )
})

test('Enabled state: a corrupt store is an error that names it, and never a reset of what was chosen', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { config: { data } })
  await install(first, plain('aa'))
  await first.close()
  await writeFile(join(data, 'store.db'), 'not a database, but long enough to be read as one'.repeat(100))
  await assert.rejects(startTestRuntime(t, { config: { data } }), /store|database/i)
})

test('Load failure: a plugin that cannot load stays enabled, says why, and runs again when the cause is gone', async (t) => {
  const runtime = await startTestRuntime(t)
  const flaky = (value: string): PluginSource => ({
    ...plain('aa'),
    backend: `if (globalThis.x === undefined) ${value}; export default { fetch() { return new Response('here') } }`,
  })
  await install(runtime, plain('other'))
  const failed = await install(runtime, flaky("throw new Error('the moon is full')"))
  assert.deepEqual([failed.enabled, failed.state, failed.problem?.code], [true, 'failed', 'LOAD_FAILED'])
  assert.match(failed.problem?.message ?? '', /the moon is full/)
  assert.equal(await statusOf(runtime, 'other'), 200)
  const mended = await install(runtime, { ...flaky(''), version: '1.0.1' })
  assert.deepEqual([mended.enabled, mended.state], [true, 'running'])
})

test('Defaults on upgrade: a plugin that was disabled stays so over an update, a removal and its return', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, plain('aa'))
  await switched(runtime, 'disable', ['aa'])
  assert.equal((await install(runtime, plain('aa', '1.1.0'))).state, 'disabled')
  assert.equal((await send(runtime, 'DELETE', '/plugins/aa')).status, 204)
  const back = await upload(runtime, pluginZip(plain('aa', '1.2.0')))
  assert.equal(back.status, 201)
  assert.equal(((await back.json()) as Installation).state, 'disabled')
})
