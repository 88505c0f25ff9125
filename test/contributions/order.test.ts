// Order: the operator's order of plugins at a point, over priority and id: live, for hooks, events and settings, and kept.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createApp, defineHost } from '../../runtime/index.ts'
import type { ExtensionPoints } from '../../sdk/api/extension-points.ts'
import type { ProblemDocument } from '../../sdk/api/problems.ts'
import type { Settings } from '../../sdk/api/settings.ts'
import { documentOf, runCli, startServer } from '../cli/harness.ts'
import { api, install, send, startTestRuntime, temporaryFolder } from '../support/runtime.ts'

const host = defineHost({
  id: 'library',
  version: '2.3.0',
  hooks: {
    // A start counts against the deadline.
    'content.title': { value: { type: 'string', maxLength: 200 }, deadlineMs: 20_000 },
    'content.theme': { value: { type: 'string', maxLength: 200 }, cardinality: 'one', deadlineMs: 20_000 },
  },
  events: { 'sync.finished': { data: { type: 'object' } } },
  settings: {
    type: 'object',
    properties: {
      welcome: { type: 'string', default: 'Hello' },
      folders: { type: 'array', items: { type: 'string' }, default: [], 'x-append': true },
    },
  },
})
const runtime = await startTestRuntime({ after }, { host })

const plugin = (id: string, version = '1.0.0') => ({
  id,
  version,
  backend: `export default {
    hooks: { 'content.title': (value) => value + ' ${id}', 'content.theme': () => '${id}' },
    events: { 'sync.finished': () => {} },
  }`,
  manifest: {
    contributes: { hooks: [{ hook: 'content.title' }, { hook: 'content.theme' }] },
    permissions: { events: ['sync.finished'] },
    settingDefaults: { library: { welcome: id }, reader: { size: id.length } },
    settingAppends: { library: { folders: [id] } },
  },
})
const reader = {
  id: 'reader',
  backend: 'export default { fetch: (request, env) => Response.json(env.settings) }',
  manifest: { settings: { type: 'object', properties: { size: { type: 'integer', default: 0 } } } },
}

const order = (kind: string, name: string, plugins: readonly string[]) =>
  send(runtime, 'PUT', `/extension-points/${kind}/${name}/order`, { plugins })
const title = async () => (await runtime.hooks.apply('content.title', '-')).value
const points = async () => (await (await api(runtime, '/extension-points')).json()) as ExtensionPoints
const pointOf = async (kind: string, name: string) =>
  (await points()).items.find((item) => item.kind === kind && item.name === name)
const settingsOf = async (id: string) =>
  (await (await api(runtime, `/plugins/${id}/settings`)).json()) as Settings

for (const id of ['ant', 'bee', 'camel']) await install(runtime, plugin(id))
await install(runtime, reader)

test('Order: it is by priority and id until the operator sets one, which counts from the next call on', async () => {
  assert.equal(await title(), '- ant bee camel')
  const answer = await order('hooks', 'content.title', ['camel', 'ant'])
  assert.deepEqual([answer.status, await answer.json()], [200, { plugins: ['camel', 'ant'] }])
  assert.equal(await title(), '- camel ant bee')
  const point = await pointOf('hooks', 'content.title')
  assert.deepEqual(point?.order, ['camel', 'ant'])
  assert.deepEqual(
    point?.contributors.map((each) => each.plugin),
    ['camel', 'ant', 'bee'],
  )
  // Of one point only.
  assert.equal((await runtime.hooks.apply('content.theme', '-')).value, 'ant')
})

test('Order: it decides a conflict at a hook for one, and both show who is used', async () => {
  await order('hooks', 'content.theme', ['bee'])
  assert.equal((await runtime.hooks.apply('content.theme', '-')).value, 'bee')
  const [problem] = (await pointOf('hooks', 'content.theme'))?.problems ?? []
  assert.match(String(problem?.message), /"bee" is used, and not "ant", "camel"/)
})

test('Order: events are reported in it', async () => {
  await order('events', 'sync.finished', ['bee', 'camel'])
  assert.deepEqual((await runtime.events.emit('sync.finished', {})).delivered, ['bee', 'camel', 'ant'])
})

test('Order: of plugins that change one setting of the application, the last wins, live', async () => {
  assert.equal(runtime.settings.values.welcome, 'camel')
  const seen: unknown[] = []
  const stop = runtime.settings.subscribe(({ values }) => seen.push([values.welcome, values.folders]))
  await order('settings', 'library', ['camel', 'bee', 'ant'])
  stop()
  assert.deepEqual(seen, [['ant', ['camel', 'bee', 'ant']]])
  const { settings } = await points()
  assert.deepEqual(
    settings.map(({ of, order: set, contributors }) => [of, set, contributors.map((each) => each.plugin)]),
    [
      ['library', ['camel', 'bee', 'ant'], ['camel', 'bee', 'ant']],
      ['reader', [], ['ant', 'bee', 'camel']],
    ],
  )
})

test('Order: of plugins that change one setting of another plugin, the last wins, and that plugin has it at once', async () => {
  const size = async () => (await settingsOf('reader')).size
  assert.deepEqual([(await size())?.value, (await size())?.from], [5, 'camel'])
  await order('settings', 'reader', ['camel', 'bee', 'ant'])
  assert.deepEqual([(await size())?.value, (await size())?.from], [3, 'ant'])
  const served = await createApp(runtime).request('http://127.0.0.1:3000/plugins/reader/api/')
  assert.deepEqual(await served.json(), { size: 3 })
})

test('Order: an upgrade, a removal and a return keep it; forgetting a plugin takes it out', async () => {
  await install(runtime, plugin('camel', '1.1.0'))
  assert.equal(await title(), '- camel ant bee')
  await send(runtime, 'DELETE', '/plugins/camel')
  assert.equal(await title(), '- ant bee')
  assert.deepEqual((await pointOf('hooks', 'content.title'))?.order, ['camel', 'ant'])
  await install(runtime, plugin('camel', '1.1.0'))
  assert.equal(await title(), '- camel ant bee')
  await send(runtime, 'DELETE', '/plugins/camel?data=delete')
  assert.deepEqual((await pointOf('hooks', 'content.title'))?.order, ['ant'])
  await install(runtime, plugin('camel', '1.1.0'))
  assert.equal(await title(), '- ant bee camel')
})

test('Order: a plugin that takes the place of another one takes its places', async () => {
  await order('hooks', 'content.title', ['bee', 'camel'])
  const wasp = plugin('wasp')
  await install(runtime, { ...wasp, manifest: { ...wasp.manifest, replaces: ['bee'] } })
  assert.equal((await send(runtime, 'POST', '/plugins/wasp/replace', { from: 'bee' })).status, 200)
  assert.deepEqual((await pointOf('hooks', 'content.title'))?.order, ['wasp', 'camel'])
  assert.equal(await title(), '- wasp camel ant')
})

test('Order: a restart keeps it, and an empty one returns to priority and id', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { host, config: { data } })
  for (const id of ['ant', 'bee']) await install(first, plugin(id))
  await send(first, 'PUT', '/extension-points/hooks/content.title/order', { plugins: ['bee'] })
  await first.close()
  const second = await startTestRuntime(t, { host, config: { data } })
  assert.equal((await second.hooks.apply('content.title', '-')).value, '- bee ant')
  await send(second, 'PUT', '/extension-points/hooks/content.title/order', { plugins: [] })
  assert.equal((await second.hooks.apply('content.title', '-')).value, '- ant bee')
  const { items } = (await (await api(second, '/audit?subject=hooks/content.title')).json()) as {
    items: readonly { action: string; detail: unknown }[]
  }
  assert.deepEqual(
    items.map(({ action, detail }) => [action, detail]),
    [
      ['order.set', { plugins: [] }],
      ['order.set', { plugins: ['bee'] }],
    ],
  )
})

test('Order: a point or a plugin that there is not is refused, with "did you mean"', async () => {
  const refusal = async (kind: string, name: string, plugins: readonly string[]) => {
    const response = await order(kind, name, plugins)
    const { code, detail } = (await response.json()) as ProblemDocument
    return [response.status, code, detail]
  }
  assert.deepEqual(await refusal('hooks', 'content.titel', ['ant']), [
    422,
    'POINT_UNKNOWN',
    'There is no hook "content.titel"; did you mean "content.title"?',
  ])
  assert.deepEqual(await refusal('hooks', 'content.title', ['camle']), [
    404,
    'PLUGIN_UNKNOWN',
    'There is no plugin "camle"; did you mean "camel"?',
  ])
  assert.deepEqual((await refusal('settings', '__proto__', ['ant'])).slice(0, 2), [404, 'PLUGIN_UNKNOWN'])
  assert.equal((await refusal('hooks', 'content.title', ['ant', 'ant']))[0], 400)
  assert.equal((await refusal('doors', 'content.title', ['ant']))[0], 404)
})

test('Order: the command line lists it, sets it and resets it', async (t) => {
  const { env, runtime: server } = await startServer(t)
  const page = { files: { 'frontend/index.html': '' } }
  for (const id of ['ant', 'bee'])
    await install(server, { id, ...page, manifest: { permissions: { events: ['server.started'] } } })
  const set = await runCli(['points', 'order', 'events', 'server.started', 'bee'], { env })
  assert.equal(set.out, '✓ events server.started: bee, then the others\n')
  const { results } = documentOf(await runCli(['points', 'list', 'events', '--json'], { env }))
  assert.deepEqual(
    results.find(({ id }) => id === 'server.started'),
    { id: 'server.started', ok: true, kind: 'events', plugins: ['bee', 'ant'], order: ['bee'] },
  )
  const reset = await runCli(['points', 'reset', 'events', 'server.started'], { env })
  assert.equal(reset.out, '✓ events server.started: by priority, then by id\n')
  const wrong = await runCli(['points', 'order', 'events', 'server.started', 'wasp'], { env })
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /There is no plugin "wasp"/)
  assert.equal((await runCli(['points', 'order', 'events'], { env })).code, 64)
})
