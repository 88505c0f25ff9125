// A plugin that asks to take the place of another one ("replaces"): an administrator lets it, and it has everything of the old one; or
// nothing of it.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { InspectAnswer } from '../../../sdk/api/packages.ts'
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

const A = 'https://a.example'
const B = 'https://b.example'
const FETCHES = `async fetch(request, env) {
  if (request.method === 'POST') await env.kv.put('said', await request.text())
  return Response.json({ said: await env.kv.get('said'), told: await env.kv.get('told'), greeting: env.settings.greeting, key: env.settings.key ?? null })
}`
const SETTINGS = {
  type: 'object',
  properties: { greeting: { type: 'string', default: 'Hello' }, key: { type: 'string', format: 'secret' } },
}

const OLD: PluginSource = {
  id: 'old-notes',
  version: '1.4.0',
  backend: `export default { ${FETCHES} }`,
  manifest: { permissions: { kv: true, network: [A], secrets: { key: [A] } }, settings: SETTINGS },
}

const step = (body = '') =>
  `async run(env) { await env.kv.put('told', (await env.kv.get('said')) + ' for ' + env.settings.greeting); ${body} }`

function fresh(
  more: Readonly<Record<string, unknown>> = {},
  backend = step(),
  id = 'new-notes',
): PluginSource {
  return {
    id,
    version: '2.0.0',
    backend: `export default { ${FETCHES}, lifecycle: {
      upgrade: [{ from: '<2.0.0', ${backend} }],
      async install(env) { await env.kv.put('told', 'installed') },
    } }`,
    manifest: {
      replaces: ['old-notes'],
      permissions: { kv: true, network: [A, B], secrets: { key: [A, B] }, database: true },
      settings: SETTINGS,
      ...more,
    },
  }
}

async function ask(runtime: Runtime, id: string, body?: string): Promise<unknown> {
  const init = body === undefined ? {} : { method: 'POST', body }
  const response = await createApp(runtime).request(`http://127.0.0.1:3000/plugins/${id}/api/`, init)
  return response.ok ? await response.json() : response.status
}

const get = async (runtime: Runtime, id: string) =>
  (await (await api(runtime, `/plugins/${id}`)).json()) as Installation
const replace = (runtime: Runtime, body: object = { from: 'old-notes' }, id = 'new-notes') =>
  send(runtime, 'POST', `/plugins/${id}/replace`, body)
const sourceOf = async (runtime: Runtime, id: string, key: string) => {
  const all = (await (await api(runtime, `/plugins/${id}/settings`)).json()) as Record<
    string,
    { source: string }
  >
  return all[key]?.source
}

/** The old plugin with data, settings and a secret. */
async function started(runtime: Runtime): Promise<void> {
  await install(runtime, OLD)
  const values = { greeting: 'Salut', key: 'k-123' }
  assert.equal((await send(runtime, 'PATCH', '/plugins/old-notes/settings', values)).status, 200)
  await ask(runtime, 'old-notes', 'tea')
}

const BEFORE = { said: 'tea', told: null, greeting: 'Salut', key: null }
const AFTER = { said: 'tea', told: 'tea for Salut', greeting: 'Salut', key: null }

test('it waits for the decision, whatever is granted by the upload, and the review says so', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  const inspected = await api(runtime, '/packages/inspect', {
    method: 'POST',
    headers: { 'content-type': 'application/zip' },
    body: pluginZip(fresh()),
  })
  assert.deepEqual(((await inspected.json()) as InspectAnswer).replaces, [{ id: 'old-notes', state: 'open' }])
  const waiting = await install(runtime, fresh(), { grant: 'all' })
  assert.deepEqual([waiting.state, waiting.version, waiting.grants], ['waiting-approval', null, {}])
  assert.deepEqual(waiting.replaces, [{ id: 'old-notes', state: 'open' }])
  assert.deepEqual([await ask(runtime, 'new-notes'), await ask(runtime, 'old-notes')], [503, BEFORE])
})

test('it gets data, settings, secrets, choices and grants, no further than it asks, and the old plugin is gone', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { config: { data } })
  await started(first)
  await install(first, fresh())
  const response = await replace(first)
  assert.equal(response.status, 200, await response.clone().text())
  const taken = (await response.json()) as Installation
  assert.deepEqual([taken.state, taken.version, taken.enabled], ['running', '2.0.0', true])
  assert.deepEqual(taken.grants, { kv: true, network: [A], secrets: { key: [A] } })
  assert.deepEqual(taken.replaces, [{ id: 'old-notes', state: 'replaced' }])
  assert.deepEqual(await ask(first, 'new-notes'), AFTER, 'upgraded, not installed')
  assert.equal(await sourceOf(first, 'new-notes', 'key'), 'stored')
  assert.equal(await codeOf(await api(first, '/plugins/old-notes')), 'PLUGIN_UNKNOWN')
  assert.equal(await ask(first, 'old-notes'), 404)
  assert.equal(existsSync(join(first.store.paths.pluginData, 'old-notes')), false)
  assert.deepEqual(await readdir(join(first.store.paths.pluginData, '.checkpoints')), [])
  assert.equal(await codeOf(await replace(first)), 'REPLACE_CONFLICT')
  const secrets = await first.store.settings.get('new-notes')
  assert.equal(secrets.find(({ key }) => key === 'key')?.value, 'k-123')
  const audit = (await first.store.audit.list({ limit: 100 })).items
  assert.deepEqual(
    audit.filter(({ action }) => action === 'plugin.replace').map(({ subject }) => subject),
    ['old-notes', 'new-notes'],
  )
  await first.close()
  const second = await startTestRuntime(t, { config: { data } })
  assert.deepEqual(await ask(second, 'new-notes'), AFTER)
  // The old id may be used again; nothing is taken from it without being asked.
  await install(second, { ...OLD, version: '3.0.0' })
  assert.deepEqual(await ask(second, 'old-notes'), { said: null, told: null, greeting: 'Hello', key: null })
})

test('grants of the decision reach no further than the manifest, and the secret to no other origin than before', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  await install(runtime, fresh())
  assert.equal(
    await codeOf(await replace(runtime, { from: 'old-notes', grants: { usb: [{}] } })),
    'GRANT_TOO_WIDE',
  )
  const { permissions } = await get(runtime, 'new-notes')
  const taken = (await (
    await replace(runtime, { from: 'old-notes', grants: permissions })
  ).json()) as Installation
  assert.deepEqual(taken.grants, { kv: true, network: [A, B], secrets: { key: [A] }, database: true })
})

test('a setting that is no secret any more does not get the value of one', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  const settings = { ...SETTINGS, properties: { ...SETTINGS.properties, key: { type: 'string' } } }
  const permissions = { kv: true, network: [A] }
  await install(
    runtime,
    fresh({ settings, permissions }, step("await env.kv.put('told', env.settings.key ?? 'none')")),
  )
  assert.equal((await replace(runtime)).status, 200)
  assert.deepEqual(await ask(runtime, 'new-notes'), { ...AFTER, told: 'none' })
})

const NEEDS_MORE = {
  ...SETTINGS,
  properties: { ...SETTINGS.properties, more: { type: 'string' } },
  required: ['more'],
}

for (const [what, source, code] of [
  ['cannot upgrade the data', fresh({}, step("throw new Error('no')")), 'UPGRADE_FAILED'],
  ['crashes over it', fresh({}, step('new Array(1e9).fill(0)')), 'UPGRADE_FAILED'],
  ['does not load', fresh({}, "run: 'nothing'"), 'LOAD_FAILED'],
  ['lacks a setting', fresh({ settings: NEEDS_MORE }), 'SETTINGS_INVALID'],
] as const)
  test(`a plugin that ${what} leaves everything as it was`, async (t) => {
    const runtime = await startTestRuntime(t)
    await started(runtime)
    await install(runtime, source)
    assert.equal(await codeOf(await replace(runtime)), code)
    assert.deepEqual([await ask(runtime, 'new-notes'), await ask(runtime, 'old-notes')], [503, BEFORE])
    const { state, replaces, grants } = await get(runtime, 'new-notes')
    assert.deepEqual([state, replaces[0]?.state, grants], ['waiting-approval', 'open', {}])
    assert.equal(await sourceOf(runtime, 'new-notes', 'key'), 'default')
    // Approved to run beside the old one, it has nothing of it.
    assert.equal((await send(runtime, 'DELETE', '/plugins/new-notes?data=delete')).status, 204)
    await install(runtime, fresh())
    assert.equal((await send(runtime, 'PUT', '/plugins/new-notes/grants', { kv: true })).status, 200)
    assert.equal((await send(runtime, 'PUT', '/plugins/new-notes/access', null)).status, 200)
    assert.deepEqual(await ask(runtime, 'new-notes'), {
      said: null,
      told: 'installed',
      greeting: 'Hello',
      key: null,
    })
    assert.deepEqual(await ask(runtime, 'old-notes'), BEFORE)
    assert.deepEqual((await get(runtime, 'new-notes')).replaces, [{ id: 'old-notes', state: 'late' }])
    assert.equal(await codeOf(await replace(runtime)), 'STATE_CONFLICT')
  })

test('two plugins that ask for the same place both say so, and only one gets it', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  await install(runtime, fresh())
  await install(runtime, fresh({}, step(), 'other-notes'))
  for (const [id, other] of [
    ['new-notes', 'other-notes'],
    ['other-notes', 'new-notes'],
  ] as const) {
    const [warning] = (await get(runtime, id)).warnings
    assert.deepEqual(
      [warning?.code, warning?.message],
      ['REPLACE_CONFLICT', `"${id}" and "${other}" ask to replace "old-notes"; only one can`],
    )
  }
  const both = await Promise.all([replace(runtime), replace(runtime, undefined, 'other-notes')])
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [200, 409])
  const loser = both[0]?.status === 200 ? 'other-notes' : 'new-notes'
  const after = await get(runtime, loser)
  assert.deepEqual(after.replaces, [{ id: 'old-notes', state: 'taken' }])
  assert.equal(after.warnings[0]?.code, 'REPLACE_CONFLICT')
})

test('an installed plugin whose update asks for a place goes on, and gets nothing', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  await install(runtime, { ...fresh({ replaces: [] }), version: '1.0.0' })
  const updated = await install(runtime, fresh(), { grant: 'all' })
  assert.deepEqual([updated.state, updated.replaces], ['running', [{ id: 'old-notes', state: 'late' }]])
  assert.equal(await codeOf(await replace(runtime)), 'STATE_CONFLICT')
  assert.deepEqual(await ask(runtime, 'old-notes'), BEFORE)
})

test('the place of an uninstalled plugin that left its data can be taken; a disabled one stays disabled', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  await send(runtime, 'POST', '/plugins/old-notes/disable')
  await send(runtime, 'DELETE', '/plugins/old-notes')
  await install(runtime, fresh())
  const taken = (await (await replace(runtime)).json()) as Installation
  assert.deepEqual([taken.enabled, taken.state], [false, 'disabled'])
  await send(runtime, 'POST', '/plugins/new-notes/enable')
  assert.deepEqual(await ask(runtime, 'new-notes'), AFTER)
})

test('what a manifest does not ask, or does not exist, is refused', async (t) => {
  const runtime = await startTestRuntime(t)
  await started(runtime)
  assert.equal((await install(runtime, fresh({ replaces: ['never-here'] }))).state, 'running')
  assert.equal(await codeOf(await replace(runtime)), 'STATE_CONFLICT')
  assert.equal(await codeOf(await replace(runtime, { from: 'new-notes' })), 'STATE_CONFLICT')
  assert.equal(await codeOf(await replace(runtime, { from: 'never-here' })), 'PLUGIN_UNKNOWN')
  assert.equal(await codeOf(await replace(runtime, undefined, 'nobody')), 'PLUGIN_UNKNOWN')
  assert.equal(await codeOf(await replace(runtime, {})), 'BAD_REQUEST')
  assert.equal((await upload(runtime, pluginZip(fresh({ replaces: ['new-notes'] })))).status, 422)
})
