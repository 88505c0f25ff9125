// An update whose settings do not fit: what serves goes on, and the update waits for what it lacks.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, type TestContext, test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import type { Settings } from '../../sdk/api/settings.ts'
import {
  api,
  codeOf,
  install,
  type PluginSource,
  pluginZip,
  send,
  startTestRuntime,
  temporaryFolder,
  until,
  upload,
} from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

const environment: Record<string, string> = {}
const scope = sharedScope()
let shared: Runtime
before(async () => {
  shared = await startTestRuntime(scope, { environment })
})

function fresh(t: TestContext): Runtime {
  t.after(async () => {
    await api(shared, '/plugins/book?data=delete', { method: 'DELETE' })
    for (const name of Object.keys(environment)) delete environment[name]
  })
  return shared
}

type Properties = Record<string, object>

/** Answers with its version and its settings. */
function release(version: string, properties: Properties, more: object = {}): PluginSource {
  const { required, ...manifest } = more as { required?: readonly string[] }
  return {
    id: 'book',
    version,
    backend: `export default { fetch: (request, env) => Response.json({ version: '${version}', ...env.settings }) }`,
    manifest: { settings: { type: 'object', properties, ...(required && { required }) }, ...manifest },
  }
}

async function ask(runtime: Runtime): Promise<unknown> {
  const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/book/api/')
  return response.ok ? await response.json() : response.status
}

const get = async (runtime: Runtime) => (await (await api(runtime, '/plugins/book')).json()) as Installation
const settingsOf = async (runtime: Runtime) =>
  (await (await api(runtime, '/plugins/book/settings')).json()) as Settings
const set = (runtime: Runtime, values: object) => send(runtime, 'PATCH', '/plugins/book/settings', values)
const asks = (name: string, more: object = {}) => ({ [name]: { type: 'string', ...more } })

test('one more required setting: the update waits with its reason, and goes live when it is set', async (t) => {
  const runtime = fresh(t)
  await install(runtime, release('1.0.0', asks('title', { default: 'a' })))
  const next = release(
    '2.0.0',
    { ...asks('title', { default: 'b' }), ...asks('address') },
    { required: ['address'] },
  )
  const response = await upload(runtime, pluginZip(next))
  assert.equal(response.status, 200)
  const { candidate, version, problem } = (await response.json()) as Installation
  assert.deepEqual([version, problem, candidate?.version, candidate?.added], ['1.0.0', null, '2.0.0', {}])
  assert.match(candidate?.problem?.message ?? '', /Version "2\.0\.0" waits: .*"address" is required/)
  assert.match(candidate?.problem?.hint ?? '', /version "1\.0\.0" serves until then/)
  assert.deepEqual(await ask(runtime), { version: '1.0.0', title: 'a' })
  // The settings to be given are those of the release that waits.
  assert.deepEqual(Object.keys(await settingsOf(runtime)), ['title', 'address'])
  await send(runtime, 'POST', '/plugins/book/reload')
  assert.deepEqual(await ask(runtime), { version: '1.0.0', title: 'a' })
  assert.equal((await set(runtime, { address: 'x' })).status, 200)
  assert.deepEqual(await ask(runtime), { version: '2.0.0', title: 'b', address: 'x' })
  assert.equal((await get(runtime)).candidate, null)
  const { items } = await runtime.store.audit.list({ subject: 'book' })
  assert.deepEqual(
    [items[0]?.action, items[0]?.detail],
    ['settings.set', { keys: ['address'], version: '2.0.0' }],
  )
})

test('a stored value that does not fit any more gives way to the default, with a warning, and fits again after a rollback', async (t) => {
  const runtime = fresh(t)
  const cases: [object, object, unknown][] = [
    [{ type: 'string' }, { type: 'integer', default: 3 }, 3],
    [{ type: 'string' }, { type: 'string', enum: ['low', 'high'], default: 'low' }, 'low'],
    [{ type: 'string' }, { type: 'string', maxLength: 2, default: 'ab' }, 'ab'],
    [
      { type: 'string' },
      { type: 'string', format: 'uri', default: 'https://a.example' },
      'https://a.example',
    ],
  ]
  for (const [index, [old, next, expected]] of cases.entries()) {
    const [one, two] = [`${index}.1.0`, `${index}.2.0`]
    await install(runtime, release(one, { level: old }))
    await set(runtime, { level: 'secretly long' })
    await install(runtime, release(two, { level: next }))
    assert.deepEqual(await ask(runtime), { version: two, level: expected }, JSON.stringify(next))
    const { warnings } = await get(runtime)
    const [warning] = warnings
    assert.match(
      warning?.message ?? '',
      /Instead of the stored value, the default is used: setting "level" must/,
    )
    assert.doesNotMatch(JSON.stringify(warnings), /secretly long/)
    assert.equal((await settingsOf(runtime)).level?.source, 'default')
    assert.equal((await send(runtime, 'POST', '/plugins/book/rollback')).status, 200)
    assert.deepEqual(await ask(runtime), { version: one, level: 'secretly long' })
  }
})

test('without a default it waits, and a value that the serving release could not take is set with the rest only', async (t) => {
  const runtime = fresh(t)
  await install(runtime, release('1.0.0', asks('level')))
  await set(runtime, { level: 'many' })
  const properties = { level: { type: 'integer' }, ...asks('address') }
  await install(runtime, release('2.0.0', properties, { required: ['address'] }))
  assert.deepEqual(await ask(runtime), { version: '1.0.0', level: 'many' })
  const alone = await set(runtime, { level: 5 })
  assert.equal(alone.status, 422)
  const { problems } = (await alone.json()) as { problems: { message: string; hint: string }[] }
  assert.match(problems[0]?.message ?? '', /"level" must be a text for version "1\.0\.0", which serves/)
  assert.match(problems[0]?.hint ?? '', /together with the rest.*"address" is required/)
  assert.equal((await set(runtime, { level: 'few' })).status, 422, 'it is not for the release that waits')
  assert.equal((await set(runtime, { address: 'x' })).status, 200)
  assert.deepEqual(await ask(runtime), { version: '1.0.0', level: 'many' })
  assert.equal((await set(runtime, { level: 5 })).status, 200)
  assert.deepEqual(await ask(runtime), { version: '2.0.0', level: 5, address: 'x' })
})

test('a release that waits for settings and approval needs both, in any order', async (t) => {
  const runtime = fresh(t)
  await install(runtime, release('1.0.0', {}))
  const more = { required: ['address'], permissions: { kv: true } }
  await install(runtime, release('2.0.0', asks('address'), more))
  const early = await send(runtime, 'PUT', '/plugins/book/grants', { kv: true })
  assert.equal(early.status, 422)
  assert.equal(await codeOf(early), 'SETTINGS_INVALID')
  assert.equal((await set(runtime, { address: 'x' })).status, 200)
  assert.deepEqual(await ask(runtime), { version: '1.0.0' })
  assert.equal((await send(runtime, 'PUT', '/plugins/book/grants', { kv: true })).status, 200)
  assert.deepEqual(await ask(runtime), { version: '2.0.0', address: 'x' })
})

test('what serves can be denied a permission while an update waits for settings', async (t) => {
  const runtime = fresh(t)
  const kv = { permissions: { kv: true } }
  await install(runtime, release('1.0.0', {}, kv))
  await install(runtime, release('2.0.0', asks('address'), { ...kv, required: ['address'] }))
  assert.equal((await send(runtime, 'PUT', '/plugins/book/grants', {})).status, 200)
  const { grants, version, candidate } = await get(runtime)
  assert.deepEqual([grants, version, candidate?.version], [{}, '1.0.0', '2.0.0'])
  assert.equal((await set(runtime, { address: 'x' })).status, 200)
  assert.deepEqual([(await get(runtime)).version, (await get(runtime)).grants], ['2.0.0', {}])
})

test('a rollback to a release that the settings do not fit is refused, and the active one serves on', async (t) => {
  const runtime = fresh(t)
  await install(runtime, release('1.0.0', asks('level')))
  await install(runtime, release('2.0.0', { level: { type: 'integer', default: 1 } }))
  await set(runtime, { level: 7 })
  const refused = await send(runtime, 'POST', '/plugins/book/rollback')
  assert.equal(refused.status, 422)
  assert.equal(await codeOf(refused), 'SETTINGS_INVALID')
  assert.deepEqual(await ask(runtime), { version: '2.0.0', level: 7 })
})

test('settings.toml and variables complete what waits: at once, and at the next start', async (t) => {
  const data = await temporaryFolder(t)
  const variables: Record<string, string> = { PLUGBAY_SETTING_BOOK_LEVEL: 'many' }
  const first = await startTestRuntime(t, { config: { data }, environment: variables })
  await install(first, release('1.0.0', asks('level')))
  const next = { level: { type: 'integer' }, ...asks('address') }
  await install(first, release('2.0.0', next, { required: ['address'] }))
  assert.match((await get(first)).candidate?.problem?.message ?? '', /PLUGBAY_SETTING_BOOK_LEVEL/)
  await writeFile(join(data, 'settings.toml'), '[book]\naddress = "x"\n')
  await until('the file is read', async () => (await settingsOf(first)).address?.source === 'file')
  assert.deepEqual(await ask(first), { version: '1.0.0', level: 'many' })
  await first.close()
  const again = await startTestRuntime(t, {
    config: { data },
    environment: { PLUGBAY_SETTING_BOOK_LEVEL: '5' },
  })
  assert.deepEqual(await ask(again), { version: '2.0.0', level: 5, address: 'x' })
  await install(again, release('3.0.0', { ...next, ...asks('more') }, { required: ['address', 'more'] }))
  assert.deepEqual(await ask(again), { version: '2.0.0', level: 5, address: 'x' })
  await writeFile(join(data, 'settings.toml'), '[book]\naddress = "x"\nmore = "y"\n')
  await until('it is live', async () => (await get(again)).version === '3.0.0')
  assert.deepEqual(await ask(again), { version: '3.0.0', level: 5, address: 'x', more: 'y' })
})

test('a release that has its settings and does not load goes on waiting; the next upload takes its place', async (t) => {
  const runtime = fresh(t)
  await install(runtime, release('1.0.0', {}))
  const broken = {
    ...release('2.0.0', asks('address'), { required: ['address'] }),
    backend: 'throw new Error("no")',
  }
  await install(runtime, broken)
  const refused = await set(runtime, { address: 'x' })
  assert.equal(refused.status, 422)
  assert.equal(await codeOf(refused), 'LOAD_FAILED')
  assert.deepEqual(await ask(runtime), { version: '1.0.0' })
  assert.equal((await settingsOf(runtime)).address?.source, 'default', 'nothing was stored')
  await install(runtime, release('2.0.1', {}))
  assert.deepEqual(await ask(runtime), { version: '2.0.1' })
  assert.equal((await get(runtime)).candidate, null)
})
