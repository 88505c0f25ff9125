// Actions and filters of Tutor's v1 API, on hooks and events: a test for each row of the mapping in docs/hooks.md.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { defineHost } from '../../runtime/index.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import { api, install, logLines, send, startTestRuntime, until } from '../support/runtime.ts'

const LIST = { type: 'array', items: { type: 'string' } } as const
const host = defineHost({
  id: 'library',
  version: '1.0.0',
  hooks: {
    'mounts.volumes': { value: LIST },
    'config.loaded': { value: { type: 'object', additionalProperties: true }, mode: 'notify' },
    'images.strict': { value: LIST, onError: 'fail' },
  },
  events: {
    'project.started': {
      data: { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] },
    },
  },
})
const runtime = await startTestRuntime({ after }, { host })
const untyped = runtime as unknown as Parameters<typeof install>[0]

interface Filtering {
  readonly hook?: string
  readonly body: string
  readonly priority?: number
}
const plugin = (id: string, { hook = 'mounts.volumes', body, priority }: Filtering) => ({
  id,
  backend: `export default { hooks: { ${JSON.stringify(hook)}: async (value, context, env) => { ${body} } } }`,
  manifest: { contributes: { hooks: [{ hook, ...(priority !== undefined && { priority }) }] } },
})
const apply = async () => (await runtime.hooks.apply('mounts.volumes', ['core'])).value
const clear = async (...ids: string[]) => {
  for (const id of ids) await send(untyped, 'DELETE', `/plugins/${id}?data=delete`)
}

test('Filters.X.add() with priorities: HIGH 5 before DEFAULT 10 before LOW 50, whoever was installed first', async () => {
  const add = (id: string, priority: number) =>
    install(untyped, plugin(id, { body: `return [...value, '${id}']`, priority }))
  await add('low', 50)
  await add('normal', 10)
  await add('high', 5)
  assert.deepEqual(await apply(), ['core', 'high', 'normal', 'low'])
})

test('Filters.X.add() of one priority: by name of the plugin, and the operator may say otherwise', async () => {
  await install(untyped, plugin('early', { body: "return [...value, 'early']", priority: 10 }))
  assert.deepEqual(await apply(), ['core', 'high', 'early', 'normal', 'low'])
  await send(untyped, 'PUT', '/extension-points/hooks/mounts.volumes/order', { plugins: ['low'] })
  assert.deepEqual(await apply(), ['core', 'low', 'high', 'early', 'normal'])
  await send(untyped, 'PUT', '/extension-points/hooks/mounts.volumes/order', { plugins: [] })
})

test('Filters.X.add_item(), add_items(), iterate(): a list that each plugin gives back with its own items', async () => {
  await clear('low', 'normal', 'early')
  await install(untyped, plugin('many', { body: "return [...value, 'a', 'b']", priority: 20 }))
  const seen: string[] = []
  for (const item of await apply()) seen.push(item)
  assert.deepEqual(seen, ['core', 'high', 'a', 'b'])
  await install(
    untyped,
    plugin('without', { body: "return value.filter((item) => item !== 'core')", priority: 30 }),
  )
  assert.deepEqual(await apply(), ['high', 'a', 'b'])
})

test('Contexts, clear_all(context): what a plugin has added is gone when it is disabled, and there again when it is enabled', async () => {
  await clear('without')
  await send(untyped, 'POST', '/plugins/many/disable')
  assert.deepEqual(await apply(), ['core', 'high'])
  await send(untyped, 'POST', '/plugins/many/enable')
  assert.deepEqual(await apply(), ['core', 'high', 'a', 'b'])
})

test('enable, disable, enable in a long-lived process: a new release brings its own code', async () => {
  await install(untyped, {
    ...plugin('many', { body: "return [...value, 'new']", priority: 20 }),
    version: '1.1.0',
  })
  assert.deepEqual(await apply(), ['core', 'high', 'new'])
  await clear('many', 'high')
})

test('Actions.X.do(): every plugin is told, the value is read-only, and one that fails costs itself only', async () => {
  const hook = 'config.loaded'
  await install(untyped, plugin('bad', { hook, body: "throw new Error('not today')", priority: 5 }))
  await install(untyped, plugin('spoils', { hook, body: 'value.a = 2; return value', priority: 6 }))
  await install(untyped, plugin('reads', { hook, body: "env.log.info('a is ' + value.a)", priority: 10 }))
  const config = { a: 1 }
  const outcome = await runtime.hooks.apply(hook, config)
  assert.deepEqual(outcome.value, { a: 1 })
  assert.deepEqual(
    outcome.applied.map((each) => each.plugin),
    ['spoils', 'reads'],
  )
  assert.deepEqual(
    outcome.skipped.map((each) => each.plugin),
    ['bad'],
  )
  await until(
    'the line is there',
    async () => (await logLines(untyped, 'reads')).some(({ message }) => message === 'a is 1') || undefined,
  )
  await clear('bad', 'spoils', 'reads')
})

test('Actions.X.do(): the first exception stops and propagates, where the hook says onError: "fail"', async () => {
  const hook = 'images.strict'
  await install(untyped, plugin('first', { hook, body: "throw new Error('not today')", priority: 5 }))
  await install(
    untyped,
    plugin('second', { hook, body: "env.log.info('called'); return value", priority: 10 }),
  )
  await assert.rejects(runtime.hooks.apply(hook, []), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'HOOK_FAILED')
    assert.match(error.message, /^"first" failed in the hook "images\.strict": Error: not today/)
    return true
  })
  assert.deepEqual(
    (await logLines(untyped, 'second')).filter(({ message }) => message === 'called'),
    [],
  )
  await clear('first', 'second')
})

test('COMPOSE_PROJECT_STARTED, DO_JOB and others of an application: events that plugins are granted', async () => {
  const backend =
    "export default { events: { 'project.started': (event, env) => env.log.info('started ' + event.data.name) } }"
  await install(untyped, { id: 'hears', backend, manifest: { permissions: { events: ['project.started'] } } })
  await runtime.events.emit('project.started', { name: 'local' })
  await until(
    'the plugin has heard',
    async () =>
      (await logLines(untyped, 'hears')).some(({ message }) => message === 'started local') || undefined,
  )
  await clear('hears')
})

test('PLUGIN_LOADED, PLUGIN_UNLOADED: the events plugin.enabled and plugin.disabled of the runtime', async () => {
  const backend =
    "export default { events: { 'plugin.*': (event, env) => env.log.info(event.name + ' ' + event.data.id) } }"
  await install(untyped, { id: 'hears', backend, manifest: { permissions: { events: ['plugin.*'] } } })
  await install(untyped, plugin('comes', { body: 'return value' }))
  await send(untyped, 'POST', '/plugins/comes/disable')
  const wanted = ['plugin.enabled comes', 'plugin.disabled comes']
  await until('both were heard', async () => {
    const heard = (await logLines(untyped, 'hears')).map(({ message }) => message)
    return wanted.every((line) => heard.includes(line)) || undefined
  })
  await clear('hears', 'comes')
})

test('PLUGINS_LOADED: one plugin that cannot be loaded is shown with its reason, and the others run', async () => {
  await install(untyped, plugin('works', { body: "return [...value, 'works']" }))
  await install(untyped, { id: 'fails', backend: "throw new Error('made for another version')" }).catch(
    () => undefined,
  )
  assert.deepEqual(await apply(), ['core', 'works'])
  const { items } = (await (await api(untyped, '/plugins')).json()) as {
    readonly items: readonly Installation[]
  }
  const failed = items.find(({ id }) => id === 'fails')
  assert.notEqual(failed?.problem ?? failed, null)
  await clear('works', 'fails')
})
