// What ended in a crash, a silent nothing or a failure of the whole site in Kolibri: here each has a clear problem, and other plugins
// go on. Handlers that hang or lie are in hooks.test.ts, bundles that were not built in bundles.test.ts.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import { defineHost, type Runtime } from '../../../runtime/index.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import type { ProblemDocument } from '../../../sdk/api/problems.ts'
import {
  api,
  backendOf,
  install,
  type PluginSource,
  pluginZip,
  send,
  startTestRuntime,
  until,
  upload,
} from '../../support/runtime.ts'

const host = defineHost({
  id: 'school',
  version: '1.0.0',
  languages: { available: ['en', 'fr'], default: 'en' },
  settings: {
    type: 'object',
    properties: { pageSize: { type: 'integer', default: 20 }, title: { type: 'string', default: 'School' } },
  },
})
const start = (t: TestContext, environment: Readonly<Record<string, string>> = {}) =>
  startTestRuntime(t, { host, environment })

const OWN_SETTINGS = "return Response.json({ ...env.settings, hello: env.t('hello') })"
const plugin = (id: string, more: Partial<PluginSource> = {}): PluginSource => ({
  id,
  backend: backendOf(OWN_SETTINGS),
  ...more,
})
const settings = (properties: object) => ({ settings: { type: 'object', properties } })
const COUNT = settings({ count: { type: 'integer', default: 1 } })

const ask = async (runtime: Runtime<typeof host>, id: string, path = '') => {
  const response = await createApp(runtime).request(`http://127.0.0.1:3000/plugins/${id}/api/${path}`)
  return response.ok ? ((await response.json()) as Record<string, unknown>) : { status: response.status }
}
const get = async (runtime: Runtime<typeof host>, id: string) =>
  (await (await api(runtime, `/plugins/${id}`)).json()) as Installation
const refusal = async (runtime: Runtime<typeof host>, source: PluginSource) => {
  const response = await upload(runtime, pluginZip(source))
  assert.equal(response.ok, false)
  return (await response.json()) as ProblemDocument
}

test('Bad input: a locale folder that is wrong is refused or warned of, with its file; without any, the plugin runs', async (t) => {
  const runtime = await start(t)
  for (const [text, words] of [
    ['{ "hello": "Hello"', /en\.json|JSON/],
    ['{ "hello": "{name" }', /hello/],
    ['{ "hello": ["a"] }', /hello/],
  ] as const) {
    const { code, problems = [] } = await refusal(
      runtime,
      plugin('speaks', { files: { 'locales/en.json': text } }),
    )
    assert.deepEqual([code, problems[0]?.file], ['LOCALE_INVALID', 'locales/en.json'])
    assert.match(problems.map(({ message }) => message).join(), words)
  }
  for (const [id, file, words] of [
    ['misnamed', 'locales/english_UK.json', /english_UK.*is not a language tag/],
    ['elsewhere', 'locale/fr.json', /"locale".*"locales"|"locales".*"locale"/],
  ] as const) {
    const { state, warnings } = await install(
      runtime,
      plugin(id, { files: { [file]: '{ "hello": "Hello" }' } }),
    )
    assert.equal(state, 'running')
    assert.match(
      JSON.stringify(warnings.map(({ message, hint }) => message + hint)).replaceAll('\\"', '"'),
      words,
    )
  }
  const silent = await install(runtime, plugin('silent'))
  assert.deepEqual([silent.state, silent.warnings], ['running', []])
  assert.deepEqual(await ask(runtime, 'silent'), { hello: 'hello' }, 'a message that is missing is its key')
})

test('Bad input: an option that clashes stops neither plugin, and is a warning with both names', async (t) => {
  const runtime = await start(t, { PLUGBAY_SETTING_SCHOOL_PAGE_SIZE: '30', PLUGBAY_SETTING_AA_B_C: '5' })
  await install(runtime, plugin('aa', { manifest: settings({ bC: { type: 'integer', default: 1 } }) }))
  await install(runtime, plugin('aa-b', { manifest: settings({ c: { type: 'integer', default: 2 } }) }))
  assert.equal((await ask(runtime, 'aa')).bC, 5)
  assert.equal((await ask(runtime, 'aa-b')).c, 2, 'it counts for the one that was there first')
  for (const id of ['aa', 'aa-b'])
    assert.match(
      JSON.stringify((await get(runtime, id)).warnings),
      /\\"bC\\" of \\"aa\\" and \\"c\\" of \\"aa-b\\"/,
    )
  await send(runtime, 'DELETE', '/plugins/aa?data=delete')
  assert.deepEqual([(await ask(runtime, 'aa-b')).c, (await get(runtime, 'aa-b')).warnings], [5, []])
  const overriding = plugin('rude', { manifest: { settingAppends: { school: { title: ['x'] } } } })
  assert.equal((await refusal(runtime, overriding)).code, 'HOST_SETTING_REFUSED')
  assert.deepEqual(runtime.settings.values, { pageSize: 30, title: 'School' })
})

test('Bad input: a settings file with a syntax error is named with line and column, and the last good values stay', async (t) => {
  const runtime = await start(t)
  const write = (text: string) => writeFile(join(runtime.config.data, 'settings.toml'), text)
  await install(runtime, plugin('counts', { manifest: COUNT }))
  await write('[counts]\ncount = 7\n[school]\npageSize = 40\n')
  await until('the file counts', async () => (await ask(runtime, 'counts')).count === 7)
  await until('the application has it', () => runtime.settings.values.pageSize === 40)
  await write('[counts]\ncount = 8\n[school\npageSize = 50\n')
  const problems = async () => (await (await api(runtime, '/settings/problems')).text()) as string
  await until('the mistake is known', async () => (await problems()).includes('SETTINGS_FILE_INVALID'))
  assert.match(await problems(), /line 3, column \d+/)
  assert.equal((await ask(runtime, 'counts')).count, 7)
  assert.equal(runtime.settings.values.pageSize, 40)
  await write('[counts]\ncount = 9\n')
  await until('the mended file counts', async () => (await ask(runtime, 'counts')).count === 9)
  assert.equal(runtime.settings.values.pageSize, 20)
})

test('Bad input: a value that is not of its type stops its plugin only, and the problem names where it is from', async (t) => {
  const runtime = await start(t, { PLUGBAY_SETTING_COUNTS_COUNT: 'many' })
  const wrong = await install(runtime, plugin('counts', { manifest: COUNT }))
  assert.equal(wrong.state, 'misconfigured')
  assert.match(
    wrong.problem?.message ?? '',
    /"count" must be a whole number \(from PLUGBAY_SETTING_COUNTS_COUNT\)/,
  )
  assert.doesNotMatch(JSON.stringify(wrong), /many/)
  await install(runtime, plugin('other', { manifest: COUNT }))
  assert.equal((await ask(runtime, 'other')).count, 1)
})
