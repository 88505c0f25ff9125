// Upload, update, restart, rollback, approval, settings, uninstall: what serves follows what an administrator decided.

import assert from 'node:assert/strict'
import { before, type TestContext, test } from 'node:test'
import { createRuntime, type Runtime } from '../../runtime/runtime.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import {
  ADMIN_TOKEN,
  api,
  backendOf,
  bothWays,
  codeOf,
  install,
  logLines,
  type PluginSource,
  pluginFiles,
  pluginZip,
  send,
  startTestRuntime,
  temporaryFolder,
  upload,
} from '../support/runtime.ts'
import { Closers, sharedScope } from '../support/scope.ts'
import { zipOf } from '../support/zip.ts'

/** A release whose backend and asset both say its version. */
function release(version: string, more: Partial<PluginSource> = {}): PluginSource {
  return {
    id: 'book',
    version,
    backend: backendOf(`return new Response(${JSON.stringify(version)})`),
    files: { 'frontend/v.txt': version },
    ...more,
  }
}

async function get(runtime: Runtime): Promise<Installation> {
  return (await (await api(runtime, '/plugins/book')).json()) as Installation
}

const environment: Record<string, string> = {}
const scope = sharedScope()
let shared: Runtime
before(async () => {
  shared = await startTestRuntime(scope, { environment })
})

/** A runtime that knows nothing of the plugin: one for all tests, since a start takes a second. */
async function fresh(t: TestContext): Promise<Runtime> {
  t.after(async () => {
    await api(shared, '/plugins/book?data=delete', { method: 'DELETE' })
    for (const name of Object.keys(environment)) delete environment[name]
  })
  return shared
}

bothWays('upload, live, restart, update, rollback', async (t, way) => {
  const data = await temporaryFolder(t)
  const inner = new Closers()
  const first = await startTestRuntime(inner, { config: { data } })
  const created = await upload(first, pluginZip(release('1.0.0')))
  assert.equal(created.status, 201)
  assert.equal(created.headers.get('location'), '/api/v1/plugins/book')
  const one = await way.open(inner, first)
  assert.equal(await (await one.fetch('/plugins/book/api/')).text(), '1.0.0')
  assert.equal(await (await one.fetch('/plugins/book/v.txt')).text(), '1.0.0')
  const updated = await upload(first, pluginZip(release('1.1.0')))
  assert.equal(updated.status, 200)
  assert.equal(await (await one.fetch('/plugins/book/api/')).text(), '1.1.0')
  assert.equal(await (await one.fetch('/plugins/book/v.txt')).text(), '1.1.0')
  await inner.close()

  const second = await startTestRuntime(t, { config: { data } })
  const two = await way.open(t, second)
  assert.equal((await get(second)).state, 'idle')
  assert.equal(await (await two.fetch('/plugins/book/api/')).text(), '1.1.0')
  assert.equal(await (await two.fetch('/plugins/book/v.txt')).text(), '1.1.0')
  const back = await send(second, 'POST', '/plugins/book/rollback')
  assert.equal(back.status, 200)
  assert.equal(await (await two.fetch('/plugins/book/api/')).text(), '1.0.0')
  assert.equal(await (await two.fetch('/plugins/book/v.txt')).text(), '1.0.0')
  const { releases, version, enabled } = await get(second)
  assert.deepEqual({ version, enabled }, { version: '1.0.0', enabled: true })
  assert.deepEqual(
    releases.map((each) => [each.version, each.active]),
    [
      ['1.1.0', false],
      ['1.0.0', true],
    ],
  )
  const further = await send(second, 'POST', '/plugins/book/rollback')
  assert.equal(await codeOf(further), 'STATE_CONFLICT')
  const forward = await send(second, 'POST', '/plugins/book/rollback', { version: '1.1.0' })
  assert.equal(forward.status, 200)
  assert.equal(await (await two.fetch('/plugins/book/api/')).text(), '1.1.0')
  const audit = (await (await api(second, '/audit')).json()) as { items: { action: string; actor: string }[] }
  const actions = audit.items.filter(({ actor }) => actor === 'admin').map(({ action }) => action)
  assert.deepEqual(actions.toReversed(), [
    'plugin.install',
    'plugin.update',
    'plugin.rollback',
    'plugin.rollback',
  ])
})

test('a rollback goes to the release that served before, not to one that was left or has never served', async (t) => {
  const runtime = await fresh(t)
  const rollback = async (version?: string) => {
    const response = await send(runtime, 'POST', '/plugins/book/rollback', version && { version })
    return response.ok ? (await get(runtime)).version : await codeOf(response)
  }
  await install(runtime, release('1.0.0'))
  const previous = async () => (await get(runtime)).releases.find(({ previous }) => previous)?.version
  assert.equal(await previous(), undefined)
  await install(runtime, release('2.0.0'))
  assert.equal(await rollback(), '1.0.0')
  await install(runtime, release('3.0.0'))
  assert.equal(await previous(), '1.0.0')
  assert.equal(await rollback(), '1.0.0')
  assert.equal(await rollback(), 'STATE_CONFLICT')
  assert.equal(await rollback('2.0.0'), '2.0.0')
  // Nothing serves while it is disabled, so the releases of that time do not count.
  await runtime.plugins.disable('book', 'test')
  await install(runtime, release('4.0.0'))
  await install(runtime, release('5.0.0'))
  assert.equal(await previous(), '2.0.0')
  assert.equal(await rollback(), '2.0.0')
  await runtime.plugins.enable('book', 'test')
  assert.equal(await rollback(), '1.0.0')
})

test('a rollback passes over a first release that has never loaded', async (t) => {
  const runtime = await fresh(t)
  const broken = await install(runtime, release('1.0.0', { backend: 'throw new Error("no")' }))
  assert.equal(broken.state, 'failed')
  await install(runtime, release('1.0.1'))
  const refused = await send(runtime, 'POST', '/plugins/book/rollback')
  const { problems } = (await refused.json()) as { problems: { message: string; hint: string }[] }
  assert.match(problems[0]?.message ?? '', /No earlier release has served/)
  assert.match(problems[0]?.hint ?? '', /1\.0\.0/)
})

test('the same content again changes nothing, however it was zipped', async (t) => {
  const runtime = await fresh(t)
  await install(runtime, release('1.0.0'))
  const before = await get(runtime)
  const files = pluginFiles(release('1.0.0'))
  const inFolder = Object.fromEntries(
    Object.entries(files)
      .toReversed()
      .map(([name, content]) => [`book/${name}`, content]),
  )
  for (const zip of [zipOf(files, { layout: 'stored' }), zipOf(inFolder, { comment: 'again' })]) {
    const again = await upload(runtime, new Uint8Array(zip))
    assert.equal(again.status, 200)
    assert.equal(((await again.json()) as { outcome: string }).outcome, 'unchanged')
  }
  const { resources: _before, ...was } = before
  const { resources: _after, ...is } = await get(runtime)
  assert.deepEqual(is, was)
})

test('other content under an installed version, and a lower version, are refused', async (t) => {
  const runtime = await fresh(t)
  await install(runtime, release('1.0.0'))
  await install(runtime, release('2.0.0'))
  const before = await get(runtime)
  const other = await upload(runtime, pluginZip(release('2.0.0', { files: { 'frontend/v.txt': 'other' } })))
  assert.equal(other.status, 409)
  assert.equal(await codeOf(other), 'VERSION_EXISTS')
  const lower = await upload(runtime, pluginZip(release('1.5.0')))
  assert.equal(lower.status, 409)
  assert.equal(await codeOf(lower), 'DOWNGRADE')
  const again = await upload(runtime, pluginZip(release('1.0.0')))
  assert.equal(await codeOf(again), 'DOWNGRADE')
  // The figures of a running plugin change by themselves.
  assert.deepEqual({ ...(await get(runtime)), resources: null }, { ...before, resources: null })
  const asked = await upload(runtime, pluginZip(release('1.5.0')), { downgrade: 'true' })
  assert.equal(asked.status, 200)
  assert.equal((await get(runtime)).version, '1.5.0')
  const back = await upload(runtime, pluginZip(release('1.0.0')), { downgrade: 'true' })
  assert.equal(back.status, 200)
  assert.equal((await get(runtime)).version, '1.0.0')
})

const ASKING = { manifest: { permissions: { kv: true } } }
const KV = { ...ASKING, backend: backendOf(`return Response.json([env.has('kv'), 'kv' in env])`) }

bothWays('without grants a new plugin waits, and serves when they are given', async (t, way) => {
  const runtime = await fresh(t)
  const client = await way.open(t, runtime)
  const created = await upload(runtime, pluginZip(release('1.0.0', KV)), { grant: 'none' })
  assert.equal(created.status, 201)
  const waiting = await get(runtime)
  assert.equal(waiting.state, 'waiting-approval')
  assert.deepEqual(waiting.grants, {})
  assert.deepEqual(waiting.candidate, { version: '1.0.0', added: { kv: true }, problem: null })
  const refused = await client.fetch('/plugins/book/api/')
  assert.equal(refused.status, 503)
  assert.ok(Number(refused.headers.get('retry-after')) > 0)
  assert.equal((await client.fetch('/plugins/book/v.txt')).status, 503)
  const wide = await send(runtime, 'PUT', '/plugins/book/grants', { kv: true, usb: [{ vendorId: 1 }] })
  assert.equal(wide.status, 422)
  assert.equal(await codeOf(wide), 'GRANT_TOO_WIDE')
  const granted = await send(runtime, 'PUT', '/plugins/book/grants', { kv: true })
  assert.equal(granted.status, 200)
  assert.equal((await client.fetch('/plugins/book/api/')).status, 401, 'public access was not granted either')
  assert.equal((await send(runtime, 'PUT', '/plugins/book/access', null)).status, 200)
  assert.deepEqual(await (await client.fetch('/plugins/book/api/')).json(), [true, true])
  const taken = await send(runtime, 'PUT', '/plugins/book/grants', {})
  assert.equal(taken.status, 200)
  assert.deepEqual(await (await client.fetch('/plugins/book/api/')).json(), [false, false])
})

bothWays(
  'what is public says so in its manifest, is asked for, and an update is not until it is allowed',
  async (t, way) => {
    const runtime = await fresh(t)
    const client = await way.open(t, runtime)
    const status = async () => (await client.fetch('/plugins/book/api/')).status
    const source = (version: string, access?: string) =>
      pluginZip({
        ...release(version, { backend: backendOf('return new Response()') }),
        manifest: { access },
      })
    const asked = async (zip: Uint8Array<ArrayBuffer>) => {
      const headers = { 'content-type': 'application/zip' }
      const response = await api(runtime, '/packages/inspect', { method: 'POST', body: zip, headers })
      return ((await response.json()) as { access: unknown }).access
    }
    assert.deepEqual(await asked(source('1.0.0')), { asked: 'user', added: false })
    await upload(runtime, source('1.0.0'))
    assert.equal(await status(), 401)
    assert.deepEqual(await asked(source('2.0.0', 'public')), { asked: 'public', added: true })
    await upload(runtime, source('2.0.0', 'public'))
    assert.equal(await status(), 401)
    const { access, accessAsked, version } = await get(runtime)
    assert.deepEqual([access, accessAsked, version], ['user', 'public', '2.0.0'])
    assert.equal((await send(runtime, 'PUT', '/plugins/book/access', null)).status, 200)
    assert.equal(await status(), 200)
    await upload(runtime, source('3.0.0', 'user'))
    assert.equal(await status(), 401)
    await api(runtime, '/plugins/book/rollback', { method: 'POST' })
    assert.equal(await status(), 401, 'going back opens nothing either')
    await upload(runtime, source('4.0.0', 'public'), { grant: 'all' })
    assert.equal(await status(), 200)
  },
)

bothWays('an update that asks for more waits while the old one serves', async (t, way) => {
  const runtime = await fresh(t)
  const client = await way.open(t, runtime)
  await install(runtime, release('1.0.0'))
  const updated = await upload(runtime, pluginZip(release('2.0.0', ASKING)))
  assert.equal(updated.status, 200)
  const waiting = await get(runtime)
  assert.equal(waiting.state, 'waiting-approval')
  assert.equal(waiting.version, '1.0.0')
  assert.deepEqual(waiting.candidate, { version: '2.0.0', added: { kv: true }, problem: null })
  assert.equal(await (await client.fetch('/plugins/book/api/')).text(), '1.0.0')
  assert.equal((await send(runtime, 'PUT', '/plugins/book/grants', { kv: true })).status, 200)
  assert.equal(await (await client.fetch('/plugins/book/api/')).text(), '2.0.0')
  assert.equal((await get(runtime)).candidate, null)
  const less = await upload(runtime, pluginZip(release('3.0.0')))
  assert.equal(less.status, 200)
  assert.deepEqual((await get(runtime)).grants, {}, 'a grant that is not asked for any more is gone')
})

const BROKEN = { backend: `throw new Error('does not load')` }
const NO_HANDLER = { backend: `export default { hello() {} }` }
const LOOPING = { backend: `for (;;) {}`, manifest: { limits: { cpuMs: 300, deadlineMs: 2000 } } }
const HANGING = {
  backend: `await new Promise(() => {})\nexport default { fetch() {} }`,
  manifest: { limits: { deadlineMs: 500 } },
}

for (const [name, broken, code] of [
  ['throws while it loads', BROKEN, 'LOAD_FAILED'],
  ['exports no handler', NO_HANDLER, 'DECLARATION_MISMATCH'],
  ['loops while it loads', LOOPING, 'LOAD_FAILED'],
  ['never finishes loading', HANGING, 'LOAD_FAILED'],
] as const)
  bothWays(`an update that ${name} is refused, and the old one goes on`, async (t, way) => {
    const runtime = await fresh(t)
    const client = await way.open(t, runtime)
    await install(runtime, release('1.0.0'))
    const before = await get(runtime)
    const refused = await upload(runtime, pluginZip(release('2.0.0', broken)))
    assert.equal(refused.status, 422)
    assert.equal(await codeOf(refused), code)
    const { resources: _is, ...after } = await get(runtime)
    const { resources: _was, ...was } = before
    assert.deepEqual(after, was)
    assert.equal(await (await client.fetch('/plugins/book/api/')).text(), '1.0.0')
    const repaired = await upload(runtime, pluginZip(release('2.0.0')))
    assert.equal(repaired.status, 200)
    assert.equal(await (await client.fetch('/plugins/book/api/')).text(), '2.0.0')
  })

bothWays('approving an update that does not load is refused, and the old one goes on', async (t, way) => {
  const runtime = await fresh(t)
  const client = await way.open(t, runtime)
  await install(runtime, release('1.0.0'))
  await upload(runtime, pluginZip(release('2.0.0', { ...BROKEN, ...ASKING })))
  const refused = await send(runtime, 'PUT', '/plugins/book/grants', { kv: true })
  assert.equal(refused.status, 422)
  assert.equal(await codeOf(refused), 'LOAD_FAILED')
  assert.equal(await (await client.fetch('/plugins/book/api/')).text(), '1.0.0')
  const { version, state, candidate } = await get(runtime)
  assert.deepEqual([version, state, candidate?.version], ['1.0.0', 'waiting-approval', '2.0.0'])
})

test('a new plugin that does not load is kept as failed, with the reason', async (t) => {
  const runtime = await fresh(t)
  const created = await upload(runtime, pluginZip(release('1.0.0', BROKEN)))
  assert.equal(created.status, 201)
  const { state, problem, enabled } = await get(runtime)
  assert.deepEqual({ state, enabled }, { state: 'failed', enabled: true })
  assert.match(problem?.message ?? '', /does not load/)
  assert.match((await logLines(runtime, 'book')).at(-1)?.message ?? '', /does not load/)
  const fixed = await upload(runtime, pluginZip(release('1.0.1')))
  assert.equal(fixed.status, 200)
  assert.equal((await get(runtime)).state, 'running')
})

const SETTINGS = {
  backend: backendOf(`return Response.json({ ...env.settings, frozen: Object.isFrozen(env.settings) })`),
  manifest: {
    settings: {
      type: 'object',
      properties: {
        greeting: { type: 'string', default: 'hello' },
        maxItems: { type: 'integer', minimum: 1, default: 3 },
        apiKey: { type: 'string', format: 'secret' },
      },
    },
  },
}

bothWays('a setting is its default, what is stored, or what the environment says', async (t, way) => {
  const runtime = await fresh(t)
  const client = await way.open(t, runtime)
  await install(runtime, release('1.0.0', SETTINGS))
  const seen = async () => (await client.fetch('/plugins/book/api/')).json()
  assert.deepEqual(await seen(), { greeting: 'hello', maxItems: 3, frozen: true })
  const changed = await send(runtime, 'PATCH', '/plugins/book/settings', {
    greeting: 'salut',
    apiKey: 's3cret',
  })
  assert.equal(changed.status, 200)
  const text = await changed.text()
  assert.doesNotMatch(text, /s3cret/)
  assert.deepEqual(await seen(), { greeting: 'salut', maxItems: 3, frozen: true })
  const wrong = await send(runtime, 'PATCH', '/plugins/book/settings', { maxItems: 0 })
  assert.equal(wrong.status, 422)
  assert.equal(await codeOf(wrong), 'SETTINGS_INVALID')
  const unknown = await send(runtime, 'PATCH', '/plugins/book/settings', { constructor: 'x' })
  assert.equal(await codeOf(unknown), 'SETTINGS_INVALID')
  assert.deepEqual(await seen(), { greeting: 'salut', maxItems: 3, frozen: true })
  environment.PLUGBAY_SETTING_BOOK_MAX_ITEMS = '7'
  await send(runtime, 'POST', '/plugins/book/reload')
  assert.deepEqual(await seen(), { greeting: 'salut', maxItems: 7, frozen: true })
  environment.PLUGBAY_SETTING_BOOK_MAX_ITEMS = 'many'
  await send(runtime, 'POST', '/plugins/book/reload')
  const { state, problem } = await get(runtime)
  assert.equal(state, 'misconfigured')
  assert.match(problem?.message ?? '', /PLUGBAY_SETTING_BOOK_MAX_ITEMS/)
  const refused = await client.fetch('/plugins/book/api/')
  assert.equal(refused.status, 503)
  assert.ok(refused.headers.has('retry-after'))
  environment.PLUGBAY_SETTING_BOOK_MAX_ITEMS = '8'
  const reset = await send(runtime, 'PATCH', '/plugins/book/settings', { greeting: null })
  assert.equal(reset.status, 200)
  const views = (await reset.json()) as Record<string, { value: unknown; source: string }>
  assert.deepEqual(
    [views.greeting?.source, views.maxItems?.source, views.apiKey?.value],
    ['default', 'environment', null],
  )
  assert.deepEqual(await seen(), { greeting: 'hello', maxItems: 8, frozen: true })
})

bothWays('a disabled plugin is not there, an enabled one is again', async (t, way) => {
  const runtime = await fresh(t)
  const client = await way.open(t, runtime)
  await install(runtime, release('1.0.0'))
  assert.equal((await send(runtime, 'POST', '/plugins/book/disable')).status, 200)
  for (const path of ['/plugins/book/api/', '/plugins/book/v.txt'])
    assert.equal((await client.fetch(path)).status, 404)
  await install(runtime, release('1.1.0'))
  assert.equal((await get(runtime)).state, 'disabled', 'an update leaves it so')
  assert.equal((await client.fetch('/plugins/book/api/')).status, 404)
  assert.equal((await send(runtime, 'POST', '/plugins/book/enable')).status, 200)
  assert.equal(await (await client.fetch('/plugins/book/api/')).text(), '1.1.0')
})

const COUNTER = {
  backend: backendOf(
    `const n = Number(await env.kv.get('n') ?? 0) + 1; await env.kv.put('n', String(n)); return Response.json(n)`,
  ),
  manifest: { permissions: { kv: true } },
}

bothWays('uninstalling keeps the data or deletes it', async (t, way) => {
  const runtime = await fresh(t)
  const client = await way.open(t, runtime)
  const count = async () => (await client.fetch('/plugins/book/api/')).json()
  await install(runtime, release('1.0.0', COUNTER))
  assert.equal(await count(), 1)
  assert.equal((await api(runtime, '/plugins/book?data=keep', { method: 'DELETE' })).status, 204)
  assert.equal((await client.fetch('/plugins/book/api/')).status, 404)
  assert.equal(await codeOf(await api(runtime, '/plugins/book')), 'PLUGIN_UNKNOWN')
  assert.equal(await runtime.store.catalog.wasUninstalled('book'), true)
  await install(runtime, release('1.0.0', COUNTER))
  assert.equal(await count(), 2)
  assert.equal((await api(runtime, '/plugins/book?data=delete', { method: 'DELETE' })).status, 204)
  await install(runtime, release('1.0.0', COUNTER))
  assert.equal(await count(), 1)
})

test('two runtimes on one data folder: the second refuses, the first goes on', async (t) => {
  const data = await temporaryFolder(t)
  const runtime = await startTestRuntime(t, { config: { data } })
  await install(runtime, release('1.0.0'))
  await assert.rejects(
    createRuntime({ config: { data, port: 0, logLevel: 'silent', adminToken: ADMIN_TOKEN } }),
    (error: Error & { code?: string }) => error.code === 'STORE_LOCKED',
  )
  assert.equal((await get(runtime)).state, 'running')
})

test('changes of one plugin at the same time leave what serves equal to what is stored', async (t) => {
  const runtime = await startTestRuntime(t)
  const { sandbox: _sandbox, plugins } = runtime
  await install(runtime, release('1.0.0', SETTINGS))
  for (let round = 1; round <= 5; round++) {
    const version = `1.${round}.0`
    await Promise.all([
      upload(runtime, pluginZip(release(version, SETTINGS))),
      plugins.changeSettings('book', { greeting: `g${round}` }, 'test'),
      plugins.reload('book', 'test'),
      plugins.retry('book', 'test'),
    ])
    const live = runtime.live.get('book')
    assert.equal(live?.kind === 'serving' ? live.version : live?.reason, version)
    assert.equal((await get(runtime)).version, version)
  }
  await Promise.all([
    plugins.uninstall('book', { data: 'keep', actor: 'test' }),
    upload(runtime, pluginZip(release('9.0.0', SETTINGS))),
  ])
  const { version, state } = await get(runtime)
  assert.deepEqual({ version, state }, { version: '9.0.0', state: 'running' })
})
