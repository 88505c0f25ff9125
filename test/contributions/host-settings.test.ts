// Settings of the application: plugins append to lists that allow it and change defaults, and override nothing; all is undone.

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { checkHostSettingUse } from '../../runtime/contributions/host-setting-findings.ts'
import { defineHost, PlugbayError } from '../../runtime/index.ts'
import { createRuntime, type Runtime } from '../../runtime/runtime.ts'
import { checkHostSettings } from '../../runtime/settings/check-host-settings.ts'
import type { EnablingAnswer, SwitchAnswer } from '../../sdk/api/enabling.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import type { ProblemDocument } from '../../sdk/api/problems.ts'
import type { HostSettings } from '../../sdk/api/settings.ts'
import {
  ADMIN_TOKEN,
  api,
  backendOf,
  codeOf,
  install,
  type PluginSource,
  pluginZip,
  send,
  temporaryFolder,
  until,
  upload,
} from '../support/runtime.ts'

const LIBRARY = defineHost({
  id: 'library',
  version: '2.3.0',
  settings: {
    type: 'object',
    properties: {
      pageSize: { type: 'integer', minimum: 1, default: 20 },
      maxUpload: { type: 'integer', format: 'bytes', default: '500MB' },
      folders: {
        type: 'array',
        'x-append': true,
        items: { type: 'string', format: 'path' },
        maxItems: 4,
        default: ['own'],
      },
      hosts: { type: 'array', items: { type: 'string' }, default: [] },
      key: { type: 'string', format: 'secret' },
    },
  },
})
type Library = typeof LIBRARY

interface Started {
  readonly data?: string
  readonly environment?: Readonly<Record<string, string>>
}

async function start(t: TestContext, { data, environment = {} }: Started = {}): Promise<Runtime<Library>> {
  const folder = data ?? (await temporaryFolder(t))
  const config = { data: folder, port: 0, logLevel: 'silent', adminToken: ADMIN_TOKEN } as const
  const runtime = await createRuntime({ host: LIBRARY, environment, config })
  t.after(() => runtime.close())
  return runtime
}

const plugin = (id: string, manifest: object): PluginSource => ({
  id,
  backend: backendOf('return new Response()'),
  manifest: { ...manifest },
})
const appends = (id: string, ...folders: string[]) => plugin(id, { settingAppends: { library: { folders } } })
const warningsOf = async (runtime: Runtime<Library>, id: string) =>
  ((await (await api(runtime as Runtime, `/plugins/${id}`)).json()) as Installation).warnings.map(
    ({ message }) => message,
  )

test('Clash rules for options: settings of plugins are their own, whatever their names, and a variable of the application stays its', async (t) => {
  const environment = { PLUGBAY_SETTING_LIBRARY_PAGE_SIZE: '30' }
  const runtime = await start(t, { environment })
  // "size" of "library-page" has the same variable.
  const settings = {
    type: 'object',
    properties: { size: { type: 'integer', default: 1 }, pageSize: { type: 'string' } },
  }
  await install(runtime as Runtime, plugin('library-page', { settings }))
  assert.equal(runtime.settings.values.pageSize, 30)
  const { size } = await runtime.plugins.settings('library-page')
  assert.deepEqual([size?.value, size?.source], [1, 'default'])
  assert.match(
    (await warningsOf(runtime, 'library-page'))[0] ?? '',
    /"pageSize" of "library" and "size" of "library-page"/,
  )
})

test('values are typed by the declaration, frozen, and in their normal form', async (t) => {
  const runtime = await start(t, { environment: { PLUGBAY_SETTING_LIBRARY_KEY: 's3cret' } })
  const { values } = runtime.settings
  const pageSize: number = values.pageSize
  // @ts-expect-error: there is no such setting
  assert.equal(values.pageSise, undefined)
  assert.deepEqual(
    [pageSize, values.maxUpload, values.folders, values.key],
    [20, 500_000_000, ['own'], 's3cret'],
  )
  assert.ok(Object.isFrozen(values) && Object.isFrozen(values.folders))
  const shown = await (await api(runtime as Runtime, '/host/settings')).text()
  assert.doesNotMatch(shown, /s3cret/)
  assert.equal(JSON.parse(shown).settings.pageSize.variable, 'PLUGBAY_SETTING_LIBRARY_PAGE_SIZE')
})

test('Django settings: appendable ones are appended after the value of the application, in order, and undone', async (t) => {
  const runtime = await start(t)
  const heard: unknown[] = []
  runtime.settings.subscribe(({ keys, values }) => heard.push([...keys, values.folders]))
  await install(runtime as Runtime, appends('zebra', 'z', 'own'))
  await install(runtime as Runtime, {
    ...appends('ant', 'a'),
    manifest: { ...appends('ant', 'a').manifest, priority: 90 },
  })
  assert.deepEqual(runtime.settings.values.folders, ['own', 'z', 'a'])
  assert.deepEqual(runtime.settings.views.folders?.appended, [
    { by: 'zebra', items: ['z'] },
    { by: 'ant', items: ['a'] },
  ])
  await send(runtime as Runtime, 'POST', '/plugins/zebra/disable')
  await send(runtime as Runtime, 'DELETE', '/plugins/ant')
  assert.deepEqual(runtime.settings.values.folders, ['own'])
  assert.deepEqual(heard, [
    ['folders', ['own', 'z']],
    ['folders', ['own', 'z', 'a']],
    ['folders', ['own', 'a']],
    ['folders', ['own']],
  ])
})

test('Django settings: a name that the application has and that is not appendable is refused, and nothing is loaded', async (t) => {
  const runtime = await start(t)
  const refused = async (manifest: object, message: RegExp) => {
    const response = await upload(runtime as Runtime, pluginZip(plugin('sly', manifest)))
    assert.equal(response.status, 422)
    const text = await response.clone().text()
    assert.match(text, message)
    assert.match(await codeOf(response), /^(HOST_SETTING_REFUSED|MANIFEST_INVALID)$/)
  }
  await refused(
    { settingAppends: { library: { hosts: ['x'] } } },
    /\\"hosts\\" of \\"library\\" is not a list that plugins may append to/,
  )
  await refused({ settingAppends: { library: { pageSize: [5] } } }, /no plugin can override its value/)
  await refused(
    { settingAppends: { library: { folders: [5] } } },
    /does not fit: Setting \\"folders\\" item 1 must be a path/,
  )
  await refused({ settingAppends: { library: { folders: 'x' } } }, /settingAppends/)
  await refused({ hostSettings: { pageSize: 5 } }, /No plugin can override a setting/)
  const own = { settings: { type: 'object', properties: { pageSize: { type: 'string' } } } }
  const response = await upload(runtime as Runtime, pluginZip(plugin('library', own)))
  assert.equal(await codeOf(response), 'HOST_SETTING_REFUSED')
  assert.deepEqual(await runtime.plugins.list(), [])
  assert.equal(runtime.settings.values.pageSize, 20)
})

test('Django settings: what an older application took is not loaded by one that allows it no more', async (t) => {
  const data = await temporaryFolder(t)
  const first = await start(t, { data })
  await install(first as Runtime, appends('ant', 'a'))
  await first.close()
  const { folders: _folders, ...rest } = LIBRARY.settings.properties
  const host = defineHost({
    ...LIBRARY,
    settings: { type: 'object', properties: { ...rest, folders: { type: 'string', default: 'x' } } },
  })
  const config = { data, port: 0, logLevel: 'silent', adminToken: ADMIN_TOKEN } as const
  const runtime = await createRuntime({ host, environment: {}, config })
  t.after(() => runtime.close())
  const { state, problem } = await runtime.plugins.get('ant')
  assert.deepEqual([state, problem?.code], ['failed', 'HOST_SETTING_REFUSED'])
  assert.equal(runtime.settings.values.folders, 'x')
})

test('Changing defaults of the application: the later in order wins visibly, the operator counts for more', async (t) => {
  const data = await temporaryFolder(t)
  const wants = (id: string, pageSize: unknown) => plugin(id, { settingDefaults: { library: { pageSize } } })
  const first = await start(t, { data })
  await install(first as Runtime, wants('ant', 30))
  await install(first as Runtime, wants('bee', 40))
  await install(first as Runtime, wants('cat', 'many'))
  assert.deepEqual([first.settings.values.pageSize, first.settings.views.pageSize?.from], [40, 'bee'])
  const conflict = '"ant" and "bee" change the default of "pageSize"; "bee" is the last in order and wins'
  for (const id of ['ant', 'bee']) assert.deepEqual(await warningsOf(first, id), [conflict])
  assert.match((await warningsOf(first, 'cat'))[0] ?? '', /"cat" would give to "pageSize" is left out/)
  const { problems } = (await (await api(first as Runtime, '/settings/problems')).json()) as {
    problems: object[]
  }
  assert.equal(problems.length, 2)
  await send(first as Runtime, 'POST', '/plugins/bee/disable')
  assert.deepEqual([first.settings.values.pageSize, await warningsOf(first, 'ant')], [30, []])
  await first.close()

  await writeFile(join(data, 'settings.toml'), '[library]\npageSize = 50\n')
  const runtime = await start(t, { data })
  assert.deepEqual([runtime.settings.values.pageSize, runtime.settings.views.pageSize?.source], [50, 'file'])
  await writeFile(join(data, 'settings.toml'), '[library]\npageSize = 0\npageSise = 1\n')
  await until('the mistake is found', () =>
    runtime.settings.problems.some(({ message }) => message.includes('key "pageSize"')),
  )
  assert.equal(runtime.settings.values.pageSize, 50, 'the last good value stays')
  assert.ok(runtime.settings.problems.some(({ hint }) => hint === 'Did you mean "pageSize"?'))
  await writeFile(join(data, 'settings.toml'), '')
  await until('it is mended', () => runtime.settings.values.pageSize === 30)
})

test('what makes a list too long is left out, with the name of its plugin', async (t) => {
  const runtime = await start(t)
  await install(runtime as Runtime, appends('ant', 'a', 'b'))
  await install(runtime as Runtime, appends('bee', 'c', 'd'))
  await install(runtime as Runtime, appends('cat', 'e'))
  assert.deepEqual(runtime.settings.values.folders, ['own', 'a', 'b', 'e'])
  const [warning] = await warningsOf(runtime, 'bee')
  assert.match(
    warning ?? '',
    /^What "bee" appends to "folders" is left out: the list must have 4 entries or fewer$/,
  )
  assert.deepEqual(await warningsOf(runtime, 'cat'), [])
})

test('an application with an invalid variable, or a file that cannot be read, does not start', async (t) => {
  const data = await temporaryFolder(t)
  const environment = { PLUGBAY_SETTING_LIBRARY_PAGE_SIZE: 'many' }
  await assert.rejects(start(t, { data, environment }), (error: unknown) => {
    assert.ok(error instanceof PlugbayError)
    assert.equal(error.code, 'SETTINGS_INVALID')
    assert.match(error.message, /PLUGBAY_SETTING_LIBRARY_PAGE_SIZE/)
    return true
  })
  await writeFile(join(data, 'settings.toml'), '[library')
  await assert.rejects(start(t, { data }), { code: 'SETTINGS_FILE_INVALID' })
})

test('a listener that throws stops neither the others nor a plugin', async (t) => {
  const runtime = await start(t)
  let heard = 0
  runtime.settings.subscribe(() => {
    throw new Error('not today')
  })
  const stop = runtime.settings.subscribe(() => {
    heard += 1
  })
  await install(runtime as Runtime, appends('ant', 'a'))
  stop()
  await send(runtime as Runtime, 'POST', '/plugins/ant/disable')
  assert.deepEqual([heard, runtime.settings.values.folders], [1, ['own']])
})

test('a declaration of settings that makes no sense is refused with its place', () => {
  const refused = (property: object, message: RegExp) =>
    assert.throws(
      () =>
        checkHostSettings({
          id: 'library',
          version: '1.0.0',
          settings: { type: 'object', properties: { one: { type: 'string', ...property } } },
        }),
      (error: unknown) =>
        error instanceof PlugbayError && error.code === 'HOST_INVALID' && message.test(error.message),
    )
  refused({ 'x-append': true }, /allows to append, and is not a list/)
  refused({ type: 'integer', default: 'x' }, /The default does not fit/)
  refused({ format: 'port' }, /of the type "integer"/)
  refused({ format: 'secret', default: 'x' }, /cannot have a default/)
  refused({ type: 'array', items: { type: 'strin' } }, /is not valid/)
})

test('names that this application does not have are warnings with "did you mean"', () => {
  const manifest = {
    id: 'ant',
    settingAppends: { library: { folder: ['x'] }, libary: { folders: ['x'] } },
    settingDefaults: { library: { pageSise: 1 } },
  }
  const { problems, warnings } = checkHostSettingUse(manifest, LIBRARY)
  assert.deepEqual(problems, [])
  assert.deepEqual(
    warnings.map(({ pointer, hint }) => [pointer, hint]),
    [
      ['/settingAppends/library/folder', 'Did you mean "folders"?'],
      ['/settingAppends/libary', undefined],
      ['/settingDefaults/library/pageSise', 'Did you mean "pageSize"?'],
    ],
  )
})

test('an administrator sets values over what plugins want, under file and variables, each with its source', async (t) => {
  const data = await temporaryFolder(t)
  const environment = { PLUGBAY_SETTING_LIBRARY_MAX_UPLOAD: '1GB' }
  const runtime = await start(t, { data, environment })
  await install(runtime as Runtime, plugin('bigger', { settingDefaults: { library: { pageSize: 40 } } }))
  await install(runtime as Runtime, appends('school', 'school'))
  const seen: unknown[] = []
  runtime.settings.subscribe(({ keys, values }) => seen.push([keys, values.pageSize]))
  const change = async (values: object) => {
    const response = await send(runtime as Runtime, 'PATCH', '/host/settings', values)
    return { status: response.status, body: (await response.json()) as HostSettings }
  }
  const { body } = await change({ pageSize: 30, maxUpload: '2GB', folders: ['admin'], key: 's3cret' })
  assert.deepEqual(
    Object.entries(body.settings).map(([key, { value, source }]) => [key, value, source]),
    [
      ['pageSize', 30, 'stored'],
      ['maxUpload', 1_000_000_000, 'environment'],
      ['folders', ['admin', 'school'], 'stored'],
      ['hosts', [], 'default'],
      ['key', null, 'stored'],
    ],
  )
  assert.deepEqual(seen, [[['pageSize', 'folders', 'key'], 30]])
  assert.equal(runtime.settings.values.key, 's3cret')
  await writeFile(join(data, 'settings.toml'), '[library]\npageSize = 25\n')
  await until('the file', () => runtime.settings.values.pageSize === 25)
  await writeFile(join(data, 'settings.toml'), '')
  await until('the empty file', () => runtime.settings.values.pageSize === 30)
  assert.equal((await change({ pageSize: null })).body.settings.pageSize?.source, 'plugin')
  assert.equal(runtime.settings.values.pageSize, 40)

  await runtime.close()
  assert.doesNotMatch(await readFile(join(data, 'store.db'), 'latin1'), /s3cret/)
  const again = await start(t, { data })
  assert.deepEqual(
    [again.settings.values.key, again.settings.values.folders],
    ['s3cret', ['admin', 'school']],
  )
  // A rotation seals it again.
  await again.store.secrets.rotate({}, { actor: 'test', action: 'secrets.rotate' })
  assert.equal(
    (await again.store.settings.ofHost('library')).find(({ key }) => key === 'key')?.value,
    's3cret',
  )
})

test('an invalid value of the administrator is refused, and one that a newer application refuses is left out with a warning', async (t) => {
  const data = await temporaryFolder(t)
  const runtime = await start(t, { data })
  const refused = await send(runtime as Runtime, 'PATCH', '/host/settings', {
    pageSize: 0,
    nope: 1,
    hosts: ['a'],
  })
  assert.equal(refused.status, 422)
  const { problems } = (await refused.json()) as ProblemDocument
  assert.deepEqual(
    problems?.map(({ pointer }) => pointer),
    ['/pageSize', '/nope'],
  )
  assert.deepEqual(runtime.settings.values.hosts, [])
  await send(runtime as Runtime, 'PATCH', '/host/settings', { pageSize: 500 })
  await runtime.close()
  const { pageSize: _old, ...rest } = LIBRARY.settings.properties
  const newer = defineHost({
    ...LIBRARY,
    settings: {
      type: 'object',
      properties: { ...rest, pageSize: { type: 'integer', maximum: 100, default: 50 } },
    },
  })
  const config = { data, port: 0, logLevel: 'silent', adminToken: ADMIN_TOKEN } as const
  const again = await createRuntime({ host: newer, environment: {}, config })
  t.after(() => again.close())
  assert.equal(again.settings.values.pageSize, 50)
  assert.match(String(again.settings.problems[0]?.message), /The stored value of "pageSize" is not used/)
})

test('the answers of enable and disable say what has changed for others', async (t) => {
  const runtime = await start(t)
  await install(
    runtime as Runtime,
    plugin('reader', { settings: { type: 'object', properties: { size: { type: 'integer', default: 1 } } } }),
  )
  const changing = plugin('changing', {
    settingDefaults: { library: { pageSize: 40 }, reader: { size: 7 } },
    settingAppends: { library: { folders: ['school'] } },
    permissions: { events: ['plugin.enabled'] },
  })
  await install(runtime as Runtime, changing)
  const answer = (await (
    await send(runtime as Runtime, 'POST', '/plugins/changing/disable')
  ).json()) as SwitchAnswer
  assert.equal(answer.state, 'disabled')
  assert.deepEqual(answer.effects, {
    values: [],
    settings: [
      {
        of: 'library',
        key: 'folders',
        before: { value: ['own', 'school'], source: 'default' },
        after: { value: ['own'], source: 'default' },
      },
      {
        of: 'library',
        key: 'pageSize',
        before: { value: 40, source: 'plugin', from: 'changing' },
        after: { value: 20, source: 'default' },
      },
      {
        of: 'reader',
        key: 'size',
        before: { value: 7, source: 'plugin', from: 'changing' },
        after: { value: 1, source: 'default' },
      },
    ].toSorted((a, b) => a.of.localeCompare(b.of) || (a.key === 'pageSize' ? -1 : 1)),
    points: [{ kind: 'events', name: 'plugin.enabled', contributes: false, problems: [] }],
  })
  const several = await send(runtime as Runtime, 'POST', '/plugins/enable', { ids: ['changing'] })
  const [result] = ((await several.json()) as EnablingAnswer).results
  assert.deepEqual(
    result?.effects?.settings.map(({ of, key, after }) => [of, key, after.value]),
    [
      ['library', 'pageSize', 40],
      ['library', 'folders', ['own', 'school']],
      ['reader', 'size', 7],
    ],
  )
})
