// Values for templates of the application, live: Tutor's rows, in their words, through the API and the command line.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import { defineHost } from '../../runtime/index.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { SwitchAnswer } from '../../sdk/api/enabling.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import type { ProblemDocument } from '../../sdk/api/problems.ts'
import type { Value, ValueChanges, Values } from '../../sdk/api/values.ts'
import { documentOf, runCli } from '../cli/harness.ts'
import {
  ADMIN_TOKEN,
  api,
  install,
  type PluginSource,
  send,
  startTestRuntime,
  temporaryFolder,
} from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'

// Runtimes that a test starts end with the file.
const scope = sharedScope()
const folder = await temporaryFolder(scope)
const file = join(folder, 'values.yml')
await writeFile(
  file,
  'MASTER_PASSWORD: initial-password\nLMS_HOST: www.example.com\nHOSTS: [a.example]\nURL: "https://{{ LMS_HOST }}/"\nMYSQL_DSN: "mysql://root:{{ MASTER_PASSWORD }}@db"\n',
)
const host = defineHost({
  id: 'library',
  version: '1.0.0',
  templates: { values: file, secrets: ['MASTER_PASSWORD'] },
})
const data = join(folder, 'data')
const start = async (environment: Record<string, string> = {}) =>
  await startTestRuntime(scope, { host, config: { data }, environment })
let runtime = await start()
const untyped = () => runtime as unknown as Runtime

const values = (given: object, more: Partial<PluginSource> = {}): PluginSource => ({
  id: 'myplugin',
  ...more,
  manifest: { values: given, ...more.manifest },
})
/** The example of Tutor's page on plugins. */
const SEED = values({
  add: { SECRET_KEY: '{{ 8|random_string }}' },
  defaults: { DOCKER_IMAGE: 'username/imagename:latest' },
  set: { MASTER_PASSWORD: 'h4cked', LMS_HOST: 'lms.example.com' },
})
const list = async () => (await (await api(untyped(), '/values')).json()) as Values
const one = async (name: string) => (await list()).items.find((each) => each.name === name)
const change = async (changes: ValueChanges) => await send(untyped(), 'PATCH', '/values', changes)
const warnings = async (id: string) =>
  ((await (await api(untyped(), `/plugins/${id}`)).json()) as Installation).warnings
const purge = (id: string) => send(untyped(), 'DELETE', `/plugins/${id}?data=delete`)

async function cli(...args: string[]) {
  const { createServer } = await import('node:http')
  const { getRequestListener } = await import('@hono/node-server')
  const server = createServer(getRequestListener(createApp(untyped()).fetch))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  try {
    const env = { PLUGBAY_URL: `http://127.0.0.1:${port}`, PLUGBAY_TOKEN: ADMIN_TOKEN }
    return await runCli(args, { env, io: { readSecret: async () => 'typed-unseen\n' } })
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

test('config.add: rendered once, stored, and the same after disabling, a restart and a new release; gone only on purge', async () => {
  await install(untyped(), SEED)
  const made = await runtime.values.get('MYPLUGIN_SECRET_KEY')
  assert.match(String(made), /^[A-Za-z0-9]{8}$/)
  const same = async (what: string) =>
    assert.equal(await runtime.values.get('MYPLUGIN_SECRET_KEY'), made, what)
  await send(untyped(), 'POST', '/plugins/myplugin/disable')
  await same('disabled')
  await send(untyped(), 'POST', '/plugins/myplugin/enable')
  await same('enabled')
  await runtime.close()
  runtime = await start()
  await same('restarted')
  await install(untyped(), { ...SEED, version: '1.1.0' })
  await same('upgraded')
  await send(untyped(), 'DELETE', '/plugins/myplugin')
  await install(untyped(), SEED)
  await same('returned')
  await purge('myplugin')
  await assert.rejects(runtime.values.get('MYPLUGIN_SECRET_KEY'), { code: 'VALUE_UNKNOWN' })
  await install(untyped(), SEED)
  assert.notEqual(await runtime.values.get('MYPLUGIN_SECRET_KEY'), made)
  await purge('myplugin')
})

test('config.defaults: rendered at each reading, not stored, and overridden by the user', async () => {
  await install(untyped(), values({ defaults: { IMAGE: 'a/b', PAGE: '{{ URL }}{{ MYPLUGIN_IMAGE }}' } }))
  assert.equal(await runtime.values.get('MYPLUGIN_PAGE'), 'https://www.example.com/a/b')
  await change({ set: { MYPLUGIN_IMAGE: 'c/d', LMS_HOST: 'x.example' } })
  assert.equal(await runtime.values.get('MYPLUGIN_PAGE'), 'https://x.example/c/d')
  await change({ unset: ['MYPLUGIN_IMAGE', 'LMS_HOST'] })
  assert.equal(await runtime.values.get('MYPLUGIN_PAGE'), 'https://www.example.com/a/b')
  await purge('myplugin')
  assert.equal(await one('MYPLUGIN_PAGE'), undefined)
})

test('config.set: not over a value that the user has; S≠R: no prefix', async () => {
  await change({ set: { LMS_HOST: 'mine.example' } })
  await install(untyped(), SEED)
  assert.deepEqual(
    [await runtime.values.get('LMS_HOST'), await runtime.values.get('MASTER_PASSWORD')],
    ['mine.example', 'h4cked'],
  )
  const view = await one('LMS_HOST')
  assert.deepEqual(
    [view?.source, view?.owner, view?.others.map(({ source, by }) => `${source} ${by}`)],
    ['stored', 'library', ['default library', 'plugin myplugin']],
  )
  await change({ unset: ['LMS_HOST'] })
  assert.equal(await runtime.values.get('LMS_HOST'), 'lms.example.com')
})

test('Disable removes set: what was before is back, and the answer and the command say what changed', async () => {
  const answer = await send(untyped(), 'POST', '/plugins/myplugin/disable')
  const { effects } = (await answer.json()) as SwitchAnswer
  assert.deepEqual(effects.values, [
    {
      name: 'LMS_HOST',
      before: { template: 'lms.example.com', source: 'plugin', by: 'myplugin' },
      after: { template: 'www.example.com', source: 'default', by: 'library' },
    },
    {
      name: 'MASTER_PASSWORD',
      before: { source: 'plugin', by: 'myplugin' },
      after: { source: 'default', by: 'library' },
    },
    {
      name: 'MYPLUGIN_DOCKER_IMAGE',
      before: { template: 'username/imagename:latest', source: 'plugin-default', by: 'myplugin' },
      after: null,
    },
  ])
  assert.equal(await runtime.values.get('MASTER_PASSWORD'), 'initial-password')
  await cli('enable', 'myplugin')
  const { out } = await cli('disable', 'myplugin')
  assert.match(
    out,
    / {2}changed: value LMS_HOST from "lms\.example\.com" \(plugin: myplugin\) to "www\.example\.com" \(default: library\)\n/,
  )
  assert.match(out, / {2}changed: value MASTER_PASSWORD from a secret \(plugin: myplugin\) to a secret/)
  assert.match(out, / {2}changed: value MYPLUGIN_DOCKER_IMAGE from .+ to nothing/)
  assert.doesNotMatch(out, /h4cked/)
  await purge('myplugin')
})

test('two plugins that set one value: a problem with both names, decided by the order, whoever starts first', async () => {
  const set = (id: string, value: string) => values({ set: { LMS_HOST: value } }, { id })
  await install(untyped(), set('bee', 'b.example'))
  await install(untyped(), set('ant', 'a.example'))
  assert.equal(await runtime.values.get('LMS_HOST'), 'b.example')
  const message = '"ant" and "bee" set the value "LMS_HOST"; "bee" is the last in order and counts'
  for (const id of ['ant', 'bee'])
    assert.deepEqual(
      (await warnings(id)).map((each) => each.message),
      [message],
    )
  assert.deepEqual(
    (await list()).problems.map((each) => [each.code, each.message]),
    [['VALUES_CONFLICT', message]],
  )
  assert.match((await cli('values', 'list')).out, /! "ant" and "bee" set the value "LMS_HOST"/)
  await cli('points', 'order', 'values', 'library', 'bee', 'ant')
  assert.equal(await runtime.values.get('LMS_HOST'), 'a.example')
  assert.match((await cli('points', 'list', 'values')).out, /values +library +bee, ant +bee, ant/)
  assert.equal((await cli('points', 'order', 'values', 'labrary', 'bee')).code, 1)
  await send(untyped(), 'POST', '/plugins/ant/disable')
  assert.equal(await runtime.values.get('LMS_HOST'), 'b.example')
  assert.deepEqual((await list()).problems, [])
  for (const id of ['ant', 'bee']) await purge(id)
  await cli('points', 'reset', 'values', 'library')
})

test('config CLI: values save, get and list, and printvalue for those who come from Tutor', async () => {
  const saved = await cli(
    'values',
    'save',
    '--set',
    'PORT=8080',
    '--set',
    'NAMES=[a, "{{ LMS_HOST }}"]',
    '--append',
    'HOSTS=b.example',
  )
  assert.equal(saved.code, 0, saved.err)
  assert.match(saved.out, /✓ NAMES: \["a","www\.example\.com"\] \(stored\)\n {2}note: neither/)
  assert.deepEqual(await runtime.values.get('HOSTS'), ['a.example', 'b.example'])
  assert.equal((await cli('values', 'get', 'PORT')).out, '8080\n')
  assert.equal((await cli('config', 'printvalue', 'URL')).out, 'https://www.example.com/\n')
  const missing = await cli('config', 'printvalue', 'LMS_HOTS')
  assert.equal(missing.code, 1)
  assert.match(missing.err, /There is no value "LMS_HOTS"[\s\S]+Did you mean "LMS_HOST"\?/)
  await cli('config', 'save', '--remove', 'HOSTS=a.example', '--set', 'PORT=8081')
  assert.deepEqual(documentOf(await cli('values', 'get', 'HOSTS', '--json')).results[0]?.value, ['b.example'])
  const table = (await cli('values', 'list')).out
  assert.match(table, /^NAME +VALUE +FROM +OWNER +OTHERS/)
  assert.match(table, /PORT +8081 +stored +– +–/)
  assert.match(table, /HOSTS +\["b\.example"\] +stored +library +default/)
  assert.equal(
    (await cli('values', 'save', '--unset', 'PORT', '--unset', 'NAMES', '--unset', 'HOSTS')).code,
    0,
  )
  assert.equal(await one('PORT'), undefined)
  for (const wrong of [
    ['save'],
    ['save', 'X'],
    ['get'],
    ['list', '--set', 'A=1'],
    ['save', '--set', '=1'],
    ['save', '--set', 'A=[1'],
    ['save', '--set', 'A'],
    ['print'],
  ])
    assert.equal((await cli('values', ...wrong)).code, 64, wrong.join(' '))
})

test('secrets are shown nowhere: not in lists, nor in what is made of them, nor on the command line, nor in the store', async () => {
  await install(
    untyped(),
    values({ add: { KEY: '{{ 20|random_string }}' }, defaults: { DSN: 'redis://:{{ MYPLUGIN_KEY }}@x' } }),
  )
  const key = String(await runtime.values.get('MYPLUGIN_KEY'))
  assert.equal(await runtime.values.get('MYPLUGIN_DSN'), `redis://:${key}@x`)
  const refused = await cli('values', 'save', '--set', 'MASTER_PASSWORD=on-the-line')
  assert.deepEqual([refused.code, /on-the-line/.test(refused.err)], [64, false])
  assert.equal((await cli('values', 'save', '--set', 'MASTER_PASSWORD')).code, 0)
  assert.equal(await runtime.values.get('MASTER_PASSWORD'), 'typed-unseen')
  const text = JSON.stringify(await list()) + (await cli('values', 'list')).out
  for (const secret of [key, 'typed-unseen', 'initial-password']) assert.ok(!text.includes(secret), secret)
  const hidden = (await list()).items.filter(({ isSecret }) => isSecret).map(({ name }) => name)
  assert.deepEqual(hidden, ['MASTER_PASSWORD', 'MYPLUGIN_DSN', 'MYPLUGIN_KEY', 'MYSQL_DSN'])
  assert.equal((await cli('values', 'get', 'MYSQL_DSN')).out, '(secret)\n')
  const rows = await Promise.all([runtime.store.values.ofHost('library'), runtime.store.values.kept()])
  assert.deepEqual(
    rows.flat().map(({ isSealed }) => isSealed),
    [true, true],
  )
  // A new key seals them again.
  assert.equal((await send(untyped(), 'POST', '/secrets/rotate', {})).status, 200)
  await runtime.close()
  runtime = await start()
  assert.deepEqual(
    [await runtime.values.get('MYPLUGIN_KEY'), await runtime.values.get('MASTER_PASSWORD')],
    [key, 'typed-unseen'],
  )
  await change({ unset: ['MYPLUGIN_KEY'] })
  assert.match(String(await runtime.values.get('MYPLUGIN_KEY')), /^\w{20}$/)
  assert.notEqual(await runtime.values.get('MYPLUGIN_KEY'), key)
  await change({ unset: ['MASTER_PASSWORD'] })
  await purge('myplugin')
})

test('Precedence: a variable of the server is over the value of the user', async () => {
  await change({ set: { LMS_HOST: 'mine.example' } })
  await runtime.close()
  runtime = await start({ PLUGBAY_VALUE_LMS_HOST: 'env.example', PLUGBAY_VALUE_LMS_HOTS: '1' })
  const view = await one('LMS_HOST')
  assert.deepEqual(
    [view?.value, view?.source, view?.by],
    ['env.example', 'environment', 'PLUGBAY_VALUE_LMS_HOST'],
  )
  assert.deepEqual(
    (await list()).problems.map(({ message }) => message),
    ['The variable PLUGBAY_VALUE_LMS_HOTS is of no value'],
  )
  await runtime.close()
  runtime = await start()
  assert.equal(await runtime.values.get('LMS_HOST'), 'mine.example')
  await change({ unset: ['LMS_HOST'] })
})

test('a value that cannot be rendered names plugin and value, costs nobody else, and is made as soon as it can be', async () => {
  await install(
    untyped(),
    values({
      add: {
        BAD: '{{ MISSING }}-{{ 8|random_string }}',
        NEXT: '{{ MYPLUGIN_BAD }}!',
        GOOD: '{{ 4|random_string }}',
      },
      defaults: { LOOP: '{{ MYPLUGIN_POOL }}', POOL: '{{ MYPLUGIN_LOOP }}', SYNTAX: '{{ if' },
    }),
  )
  assert.match(String(await runtime.values.get('MYPLUGIN_GOOD')), /^\w{4}$/)
  const { items, problems } = await list()
  const failed = items.flatMap(({ name, problem }) => (problem === null ? [] : [name]))
  assert.deepEqual(failed, ['MYPLUGIN_LOOP', 'MYPLUGIN_POOL', 'MYPLUGIN_SYNTAX'])
  assert.deepEqual(
    problems.map(
      ({ message }) => /The value "(\w+)", which "myplugin" adds, cannot be made/.exec(message)?.[1],
    ),
    ['MYPLUGIN_BAD', 'MYPLUGIN_NEXT'],
  )
  assert.equal((await warnings('myplugin')).length, 5)
  await assert.rejects(runtime.values.get('MYPLUGIN_SYNTAX'), { code: 'VALUES_INVALID' })
  await assert.rejects(runtime.values.get('MYPLUGIN_BAD'), /cannot be made/)
  assert.equal(await runtime.values.get('URL'), 'https://www.example.com/')
  await change({ set: { MISSING: 'here' } })
  const made = String(await runtime.values.get('MYPLUGIN_BAD'))
  assert.match(made, /^here-\w{8}$/)
  assert.equal(await runtime.values.get('MYPLUGIN_NEXT'), `${made}!`)
  assert.deepEqual((await list()).problems, [])
  await change({ unset: ['MISSING'] })
  await purge('myplugin')
})

test('a plugin that takes the place of another one gets what that one has added', async () => {
  await install(untyped(), values({ add: { KEY: '{{ 20|random_string }}' } }, { id: 'old-one' }))
  const key = await runtime.values.get('OLD_ONE_KEY')
  await install(
    untyped(),
    values(
      { add: { KEY: '{{ 20|random_string }}' } },
      { id: 'new-one', manifest: { replaces: ['old-one'] } },
    ),
  )
  const answer = await send(untyped(), 'POST', '/plugins/new-one/replace', { from: 'old-one' })
  assert.equal(answer.status, 200)
  assert.equal(await runtime.values.get('NEW_ONE_KEY'), key)
  await purge('new-one')
})

test('listeners of the application learn the names of what is written otherwise', async () => {
  const told: (readonly string[])[] = []
  const stop = runtime.values.subscribe((names) => told.push(names))
  await install(untyped(), SEED)
  assert.deepEqual(told, [['LMS_HOST', 'MASTER_PASSWORD', 'MYPLUGIN_DOCKER_IMAGE'], ['MYPLUGIN_SECRET_KEY']])
  await runtime.values.change({ set: { LMS_HOST: 'x' } }, 'the application')
  assert.deepEqual(told.at(-1), ['LMS_HOST'])
  stop()
  await change({ unset: ['LMS_HOST'] })
  await purge('myplugin')
  assert.equal(told.length, 3)
})

test('what is refused changes nothing, and says why', async () => {
  const before = JSON.stringify(await list())
  for (const [changes, code] of [
    [{ set: { LMS_HOST: 'x', 'A-B': 1 } }, 'BAD_REQUEST'],
    [{ set: { LMS_HOST: 'x' }, remove: { NOBODY: [1] } }, 'VALUE_UNKNOWN'],
    [{ set: { LMS_HOST: 'x' }, append: { URL: [1] } }, 'VALUES_INVALID'],
  ] as const) {
    const answer = await send(untyped(), 'PATCH', '/values', changes)
    assert.equal(((await answer.json()) as ProblemDocument).code, code)
  }
  assert.equal(JSON.stringify(await list()), before)
  const audit = (await (await api(untyped(), '/audit?limit=1')).json()) as {
    readonly items: readonly { readonly action: string }[]
  }
  assert.notEqual(audit.items[0]?.action, 'values.set')
})

test('one value: by its name, or "did you mean"', async () => {
  const value = (await (await api(untyped(), '/values/URL')).json()) as Value
  assert.deepEqual(
    [value.value, value.template, value.source],
    ['https://www.example.com/', 'https://{{ LMS_HOST }}/', 'default'],
  )
  const answer = await api(untyped(), '/values/ULR')
  assert.equal(answer.status, 404)
  assert.equal(((await answer.json()) as ProblemDocument).problems?.[0]?.hint, 'Did you mean "URL"?')
})
