// A plugin that was uninstalled and returns: it finds its data and what was chosen for it, unless these were deleted.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import {
  api,
  codeOf,
  install,
  type PluginSource,
  pluginZip,
  send,
  startTestRuntime,
  temporaryFolder,
  upload,
} from '../../support/runtime.ts'

const ASKED = { kv: true, network: ['https://a.example', 'https://b.example'] }

function chosen(version: string, more: Readonly<Record<string, unknown>> = {}): PluginSource {
  return {
    id: 'guest',
    version,
    backend: `export default {
      async fetch(request, env) {
        if (request.method === 'POST') await env.kv.put('said', await request.text())
        return Response.json({ said: await env.kv.get('said'), told: await env.kv.get('told') })
      },
      lifecycle: { upgrade: [{ from: '<2.0.0', async run(env) { await env.kv.put('told', 'upgraded') } }] },
    }`,
    manifest: {
      permissions: ASKED,
      settings: {
        type: 'object',
        properties: {
          greeting: { type: 'string', default: 'Hello' },
          key: { type: 'string', format: 'secret' },
        },
      },
      ...more,
    },
  }
}

async function ask(runtime: Runtime, body?: string): Promise<unknown> {
  const init = body === undefined ? {} : { method: 'POST', body }
  return await (await createApp(runtime).request('http://127.0.0.1:3000/plugins/guest/api/', init)).json()
}
const settings = async (runtime: Runtime) => {
  const all = (await (await api(runtime, '/plugins/guest/settings')).json()) as Record<
    string,
    { value: unknown; source: string }
  >
  return [all.greeting?.value, all.key?.source]
}
const uninstall = async (runtime: Runtime, data: 'keep' | 'delete') =>
  (await send(runtime, 'DELETE', `/plugins/guest?data=${data}`)).status

/** With every kind of choice. */
async function started(runtime: Runtime): Promise<void> {
  await install(runtime, chosen('1.0.0'))
  assert.equal(
    (await send(runtime, 'PUT', '/plugins/guest/grants', { kv: true, network: ['https://a.example'] }))
      .status,
    200,
  )
  assert.equal(
    (await send(runtime, 'PATCH', '/plugins/guest/settings', { greeting: 'Salut', key: 'k-123' })).status,
    200,
  )
  assert.equal(((await ask(runtime, 'hi')) as { said: string }).said, 'hi')
}

test('it finds its data, settings, secrets, grants and access again, also over a restart', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { config: { data } })
  await started(first)
  assert.equal(await send(first, 'PUT', '/plugins/guest/access', ['reports.view']).then((r) => r.status), 200)
  assert.equal(await uninstall(first, 'keep'), 204)
  assert.equal(await codeOf(await api(first, '/plugins/guest')), 'PLUGIN_UNKNOWN')
  assert.equal(
    await codeOf(await send(first, 'PATCH', '/plugins/guest/settings', { greeting: 'x' })),
    'PLUGIN_UNKNOWN',
  )
  assert.equal(await codeOf(await send(first, 'POST', '/plugins/guest/enable')), 'PLUGIN_UNKNOWN')
  await first.close()
  const second = await startTestRuntime(t, { config: { data } })
  const back = await install(second, chosen('1.0.0'))
  assert.deepEqual([back.enabled, back.state, back.candidate], [true, 'running', null])
  assert.deepEqual(back.grants, { kv: true, network: ['https://a.example'] })
  assert.deepEqual(back.access, ['reports.view'])
  assert.deepEqual(await settings(second), ['Salut', 'stored'])
  await send(second, 'PUT', '/plugins/guest/access', null)
  assert.deepEqual(await ask(second), { said: 'hi', told: null })
})

test('a release that asks for more than was reviewed waits for approval, as an update would', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  await uninstall(runtime, 'keep')
  const more = { permissions: { ...ASKED, database: true } }
  const waiting = await install(runtime, chosen('1.1.0', more))
  assert.deepEqual([waiting.state, waiting.version], ['waiting-approval', null])
  assert.deepEqual(waiting.candidate, { version: '1.1.0', added: { database: true }, problem: null })
})

test('its data is upgraded from the version that it is of; a lower version is refused unless asked for', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  await uninstall(runtime, 'keep')
  await install(runtime, chosen('2.0.0'))
  assert.deepEqual(await ask(runtime), { said: 'hi', told: 'upgraded' })
  await uninstall(runtime, 'keep')
  const lower = pluginZip(chosen('1.5.0'))
  const refused = await upload(runtime, lower)
  const { code, detail } = (await refused.json()) as { code: string; detail: string }
  assert.deepEqual([refused.status, code], [409, 'DOWNGRADE'])
  assert.match(detail, /"1\.5\.0" is lower than "2\.0\.0", whose data is stored/)
  assert.equal((await upload(runtime, lower, { downgrade: 'true' })).status, 201)
  assert.deepEqual(await ask(runtime), { said: 'hi', told: 'upgraded' })
})

test('grant=none has it reviewed like a new plugin; whether it was enabled is kept', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  await send(runtime, 'POST', '/plugins/guest/disable')
  await uninstall(runtime, 'keep')
  const back = await install(runtime, chosen('1.0.0'), { grant: 'none' })
  assert.deepEqual([back.enabled, back.grants, back.version], [false, {}, null])
})

test('data=delete erases all of it, also of a plugin that was uninstalled before', async (t) => {
  const runtime = await startTestRuntime(t)
  for (const steps of [['delete'], ['keep', 'delete']] as const) {
    await started(runtime)
    for (const data of steps) assert.equal(await uninstall(runtime, data), 204)
    assert.equal(await codeOf(await send(runtime, 'DELETE', '/plugins/guest?data=delete')), 'PLUGIN_UNKNOWN')
    const back = await install(runtime, chosen('0.9.0'))
    assert.deepEqual(back.grants, ASKED)
    assert.deepEqual(await settings(runtime), ['Hello', 'default'])
    assert.deepEqual(await ask(runtime), { said: null, told: null })
    await uninstall(runtime, 'delete')
  }
})

test('a public plugin stays public when it returns, and one that has become public is reviewed', async (t) => {
  const runtime = await startTestRuntime(t)
  const asks = (access: string) => ({ access })
  for (const [before, after, expected] of [
    ['public', 'public', 'public'],
    ['user', 'public', 'user'],
  ] as const) {
    await install(runtime, chosen('1.0.0', asks(before)))
    await uninstall(runtime, 'keep')
    const back: Installation = await install(runtime, chosen('1.1.0', asks(after)))
    assert.deepEqual(back.access, expected)
    await uninstall(runtime, 'delete')
  }
})
