// Settings of running plugins: every source is live, reaches the plugins that it concerns, and stops no other.

import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import type { Settings } from '../../sdk/api/settings.ts'
import {
  api,
  backendOf,
  install,
  liveOf,
  logLines,
  type PluginSource,
  pluginZip,
  send,
  startTestRuntime,
  temporaryFolder,
  until,
  upload,
} from '../support/runtime.ts'

const PROPERTIES = {
  title: { type: 'string', default: 'own' },
  count: { type: 'integer', default: 1 },
  key: { type: 'string', format: 'secret' },
}

/** Answers with its settings, with the calls it has had, and with the number of requests to this instance. */
function plugin(id: string, handler: string | null, more: Partial<PluginSource> = {}): PluginSource {
  const changed = handler === null ? '' : `settings: { async changed(keys, env, ctx) { ${handler} } },`
  const seen = '{ ...env.settings, calls, requests: ++requests }'
  return {
    id,
    backend: `const calls = []; let requests = 0
      export default { ${changed} fetch: (request, env) => Response.json(${seen}) }`,
    manifest: { settings: { type: 'object', properties: PROPERTIES } },
    ...more,
  }
}

const NOTE = `calls.push(keys.join() + ' ' + env.settings.title + ' by ' + (ctx.user?.name ?? 'none'))`

async function ask(runtime: Runtime, id: string): Promise<Record<string, unknown>> {
  const response = await createApp(runtime).request(`http://127.0.0.1:3000/plugins/${id}/api/`)
  return response.ok ? ((await response.json()) as Record<string, unknown>) : { status: response.status }
}

const get = async (runtime: Runtime, id: string) =>
  (await (await api(runtime, `/plugins/${id}`)).json()) as Installation
const settingsOf = async (runtime: Runtime, id: string) =>
  (await (await api(runtime, `/plugins/${id}/settings`)).json()) as Settings
const set = async (runtime: Runtime, id: string, values: object) =>
  assert.equal((await send(runtime, 'PATCH', `/plugins/${id}/settings`, values)).status, 200)
const write = (runtime: Runtime, text: string) => writeFile(join(runtime.config.data, 'settings.toml'), text)

test('an administrator changes a setting: the backend with a handler goes on, the other is restarted', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, plugin('told', NOTE))
  await install(runtime, plugin('plain', null))
  for (const id of ['told', 'plain']) {
    await ask(runtime, id)
    await set(runtime, id, { title: 'new' })
  }
  const told = await ask(runtime, 'told')
  assert.deepEqual([told.title, told.calls, told.requests], ['new', ['title new by admin'], 2])
  const plain = await ask(runtime, 'plain')
  assert.deepEqual([plain.title, plain.requests], ['new', 1])
  const { runner } = liveOf(runtime, 'told')
  await set(runtime, 'told', { title: 'new' })
  assert.equal(liveOf(runtime, 'told').runner, runner, 'the same value disturbs nothing')
  assert.deepEqual((await ask(runtime, 'told')).calls, ['title new by admin'])
  await set(runtime, 'told', { key: 's3cret' })
  assert.notEqual(liveOf(runtime, 'told').runner, runner, 'a secret is another instance')
  assert.deepEqual((await ask(runtime, 'told')).calls, [])
})

test('a handler that throws is in the log, and the backend is restarted with the new value', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, plugin('told', 'throw new Error("not today")'))
  await ask(runtime, 'told')
  await set(runtime, 'told', { count: 7 })
  const { count, requests } = await ask(runtime, 'told')
  assert.deepEqual([count, requests], [7, 1])
  assert.ok((await logLines(runtime, 'told')).some(({ message }) => message === 'Error: not today'))
})

test('a handler that hangs ends with its deadline, and the backend is restarted with the new value', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, plugin('told', 'await new Promise(() => {})'))
  await install(runtime, plugin('other', NOTE))
  await ask(runtime, 'told')
  const changed = set(runtime, 'told', { count: 7 })
  await set(runtime, 'other', { count: 8 })
  assert.equal((await ask(runtime, 'other')).count, 8, 'it delays no other plugin')
  await changed
  const { count, requests } = await ask(runtime, 'told')
  assert.deepEqual([count, requests], [7, 1])
})

test('values that are too large for a call reach the backend by a restart', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, plugin('told', NOTE))
  await ask(runtime, 'told')
  const title = 'x'.repeat(600_000)
  await set(runtime, 'told', { title })
  const seen = await ask(runtime, 'told')
  assert.deepEqual([seen.title === title, seen.calls, seen.requests], [true, [], 1])
})

test('a change during a start, or between two instances, is in the next answer', async (t) => {
  const runtime = await startTestRuntime(t, { config: { sandbox: { idleMs: 100 } } })
  await install(runtime, plugin('told', NOTE))
  await ask(runtime, 'told')
  for (let round = 0; round < 4; round += 1) {
    await until('it has stopped', async () => (await get(runtime, 'told')).state === 'idle')
    const answer = round % 2 === 0 ? ask(runtime, 'told') : undefined
    await set(runtime, 'told', { count: round })
    await answer
    assert.equal((await ask(runtime, 'told')).count, round)
  }
})

test('option_spec shape: a default in any writing of its type reaches the plugin in its normal form, an empty list too', async (t) => {
  const runtime = await startTestRuntime(t)
  const properties = {
    size: { type: 'integer', format: 'bytes', default: '500MB', description: 'Of all', title: 'Size' },
    hosts: { type: 'array', items: { type: 'string', format: 'origin' }, default: [] },
    base: { type: 'string', format: 'url-prefix', default: '/library' },
  }
  await install(runtime, plugin('told', NOTE, { manifest: { settings: { type: 'object', properties } } }))
  const { size, hosts, base } = await ask(runtime, 'told')
  assert.deepEqual([size, hosts, base], [500_000_000, [], 'library/'])
  await set(runtime, 'told', { size: '1.5kB', base: 'x' })
  assert.deepEqual((await settingsOf(runtime, 'told')).size?.value, 1500)
  const refused = await send(runtime, 'PATCH', '/plugins/told/settings', { size: 'large' })
  assert.match(await refused.text(), /must be an amount of bytes/)
})

test('S≠R names: a misspelt field of the manifest is refused with the one that was meant, never ignored', async (t) => {
  const runtime = await startTestRuntime(t)
  for (const [field, meant] of [
    ['setings', 'settings'],
    ['settingDefault', 'settingDefaults'],
    ['settingAppend', 'settingAppends'],
  ]) {
    const source = plugin('told', NOTE, { manifest: { [field ?? '']: {} } })
    const response = await upload(runtime, pluginZip(source))
    assert.equal(response.status, 422)
    assert.match(await response.text(), new RegExp(`Did you mean \\\\"${meant}\\\\"\\?`))
  }
})

test('the values are frozen and of the plugin alone, also when it has replaced what freezes them', async (t) => {
  const runtime = await startTestRuntime(t)
  const handler = `try { env.settings.title = 'x' } catch (error) { calls.push(error.name) }`
  const before = 'Object.isFrozen = () => true;'
  const source = plugin('told', handler)
  await install(runtime, { ...source, backend: `${before}${source.backend}` })
  await ask(runtime, 'told')
  await set(runtime, 'told', { title: 'new' })
  const { calls, title } = await ask(runtime, 'told')
  assert.deepEqual([title, calls], ['new', ['TypeError']])
})

test('options.ini updates: settings.toml is live, one wrong value stops one plugin, and its problem names the place', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, plugin('told', NOTE))
  await install(runtime, plugin('plain', null))
  await ask(runtime, 'told')
  await write(runtime, '[told]\ntitle = "file"\nkey = "s3cret-of-the-file"\n')
  await until('the file is live', async () => (await ask(runtime, 'told')).title === 'file')
  const shown = await settingsOf(runtime, 'told')
  assert.deepEqual([shown.title?.source, shown.title?.from], ['file', 'settings.toml'])
  assert.doesNotMatch(JSON.stringify(shown), /s3cret/)

  await write(
    runtime,
    '[told]\ntitle = "again"\nkey = "s3cret-of-the-file"\n[plain]\ncount = "many"\nconut = 1\n',
  )
  await until('the wrong value is found', async () => (await get(runtime, 'plain')).state === 'misconfigured')
  const { problem, warnings } = await get(runtime, 'plain')
  assert.match(
    problem?.message ?? '',
    /must be a whole number \(from settings\.toml, section \[plain\], key "count"\)/,
  )
  assert.deepEqual(
    warnings.map(({ message, hint }) => [message, hint]),
    [
      [
        'Section [plain] of settings.toml has "conut", which is not a setting of "plain"',
        'Did you mean "count"?',
      ],
    ],
  )
  await until('the other plugin goes on', async () => (await ask(runtime, 'told')).title === 'again')
  assert.deepEqual((await ask(runtime, 'told')).calls, ['title again by none'])

  await write(runtime, '[told]\ntitle = "broken\n[plain]\ncount = 5\n')
  const told = await until('the syntax error is shown', async () => {
    const { problems } = (await (await api(runtime, '/settings/problems')).json()) as { problems: object[] }
    return problems.find((one) => 'line' in one)
  })
  assert.deepEqual(
    { ...told, message: '', hint: '' },
    {
      ...{ code: 'SETTINGS_FILE_INVALID', file: 'settings.toml', line: 2, column: 16, message: '', hint: '' },
    },
  )
  assert.equal((await ask(runtime, 'told')).title, 'again', 'the last good values stay')

  await rm(join(runtime.config.data, 'settings.toml'))
  await until('all is as before', async () => (await ask(runtime, 'plain')).count === 1)
  await until('there too', async () => (await ask(runtime, 'told')).title === 'own')
  assert.deepEqual((await get(runtime, 'plain')).warnings, [])
})

test('a server that starts with a syntax error runs no plugin with other values than the file may set', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { config: { data } })
  await install(first, plugin('told', NOTE))
  await install(first, { id: 'bare', backend: backendOf('return new Response("{}")') })
  await first.close()
  await writeFile(join(data, 'settings.toml'), '[told\ntitle = "file"\n')
  const runtime = await startTestRuntime(t, { config: { data } })
  const { state, problem } = await get(runtime, 'told')
  assert.deepEqual([state, problem?.line], ['misconfigured', 1])
  assert.deepEqual(await ask(runtime, 'bare'), {})
  await write(runtime, '[told]\ntitle = "file"\n')
  await until('it serves', async () => (await ask(runtime, 'told')).title === 'file')
})

const changer = (id: string, title: unknown, more: object = {}): PluginSource => ({
  id,
  backend: backendOf('return new Response()'),
  manifest: { settingDefaults: { told: { title } }, ...more },
})

test('Changing defaults: two plugins, the later in order wins visibly, and each is undone when it is disabled', async (t) => {
  const data = await temporaryFolder(t)
  let runtime = await startTestRuntime(t, { config: { data } })
  await install(runtime, changer('zebra', 'of zebra', { priority: 10 }))
  assert.match((await get(runtime, 'zebra')).warnings[0]?.message ?? '', /"told", which is not installed/)
  await install(runtime, plugin('told', NOTE))
  assert.deepEqual((await get(runtime, 'zebra')).warnings, [])
  assert.equal((await ask(runtime, 'told')).title, 'of zebra')
  await install(runtime, changer('ant', 'of ant'))
  const both = async () => {
    const { title } = await settingsOf(runtime, 'told')
    assert.deepEqual([title?.value, title?.source, title?.from], ['of ant', 'plugin', 'ant'])
    assert.match(
      (await get(runtime, 'told')).warnings[0]?.message ?? '',
      /"zebra" and "ant".*"ant" is the last/,
    )
    assert.equal((await ask(runtime, 'told')).title, 'of ant')
  }
  await both()
  assert.deepEqual((await ask(runtime, 'told')).calls, ['title of ant by none'])
  await runtime.close()
  runtime = await startTestRuntime(t, { config: { data } })
  await both()
  await send(runtime, 'POST', '/plugins/ant/disable')
  assert.deepEqual(
    [(await ask(runtime, 'told')).title, (await get(runtime, 'told')).warnings],
    ['of zebra', []],
  )
  await set(runtime, 'told', { title: 'mine' })
  await send(runtime, 'POST', '/plugins/ant/enable')
  assert.equal((await ask(runtime, 'told')).title, 'mine', 'the administrator counts for more')
  await set(runtime, 'told', { title: null })
  assert.equal((await ask(runtime, 'told')).title, 'of ant')
  await send(runtime, 'DELETE', '/plugins/ant')
  await send(runtime, 'DELETE', '/plugins/zebra')
  const { title, requests } = await ask(runtime, 'told')
  assert.deepEqual([title, typeof requests], ['own', 'number'])
})

test('Changing defaults: a value that the setting refuses, and a setting that is not there, harm neither plugin', async (t) => {
  const runtime = await startTestRuntime(t)
  await install(runtime, plugin('told', NOTE))
  const settingDefaults = { told: { title: 5, key: 'x', tilte: 'y' }, tolt: { a: 1 } }
  await install(runtime, { ...changer('ant', ''), manifest: { settingDefaults } })
  assert.equal((await ask(runtime, 'told')).title, 'own')
  const messages = (await get(runtime, 'told')).warnings.map(({ message }) => message)
  assert.equal(messages.length, 3)
  for (const message of messages) assert.match(message, /"ant"/)
  const [absent] = (await get(runtime, 'ant')).warnings
  assert.equal(absent?.hint, 'Did its author mean "told"?')
  assert.equal((await get(runtime, 'ant')).state, 'running')
})

test('two plugins that need a default of each other wait for a value, and neither stops the server', async (t) => {
  const runtime = await startTestRuntime(t)
  const needy = (id: string, other: string) => ({
    ...plugin(id, NOTE),
    manifest: {
      settings: { type: 'object', required: ['title'], properties: { title: { type: 'string' } } },
      settingDefaults: { [other]: { title: `of ${id}` } },
    },
  })
  await install(runtime, needy('left', 'right'))
  await install(runtime, needy('right', 'left'))
  assert.deepEqual(
    [(await get(runtime, 'left')).state, (await get(runtime, 'right')).state],
    ['misconfigured', 'misconfigured'],
  )
  await set(runtime, 'left', { title: 'mine' })
  assert.equal((await ask(runtime, 'right')).title, 'of left')
  await set(runtime, 'left', { title: null })
  assert.equal((await ask(runtime, 'left')).title, 'of right')
})

test('Env names: a variable that means settings of two plugins counts for the first, and both say so', async (t) => {
  const environment = { PLUGBAY_SETTING_AA_B_TITLE: 'given', PLUGBAY_SETTING_AA_B_TITEL: 'x' }
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { environment, config: { data } })
  const settings = { type: 'object', properties: { b_title: { type: 'string', default: 'own' } } }
  await install(first, plugin('aa-b', null))
  await install(first, plugin('aa', null, { manifest: { settings } }))
  assert.deepEqual([(await ask(first, 'aa-b')).title, (await ask(first, 'aa')).b_title], ['given', 'own'])
  const { problems } = (await (await api(first, '/settings/problems')).json()) as {
    problems: { message: string; hint: string }[]
  }
  assert.deepEqual(
    problems.map(({ message, hint }) => [message, hint]),
    [
      [
        'The variable PLUGBAY_SETTING_AA_B_TITEL is of no setting of an installed plugin',
        'Did you mean PLUGBAY_SETTING_AA_B_TITLE?',
      ],
    ],
  )
  await first.close()
  const runtime = await startTestRuntime(t, { environment, config: { data } })
  assert.deepEqual([(await ask(runtime, 'aa-b')).title, (await ask(runtime, 'aa')).b_title], ['given', 'own'])
  for (const id of ['aa-b', 'aa']) {
    const [warning] = (await get(runtime, id)).warnings
    assert.equal(warning?.code, 'SETTINGS_CONFLICT')
    assert.match(
      warning.message,
      /means "title" of "aa-b" and "b_title" of "aa"; it counts for "title" of "aa-b"/,
    )
  }
})
