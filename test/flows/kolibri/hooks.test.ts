// What Kolibri's users know of hooks, row by row: each test begins with the name of its row in the table of Kolibri's capabilities. The
// application declares what Kolibri's own hooks are: navigation, theme, redirects by role, renderers by kind, and its data sync.

import assert from 'node:assert/strict'
import { after, describe, type TestContext, test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import { defineHost } from '../../../runtime/index.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import type { ProblemDocument } from '../../../sdk/api/problems.ts'
import {
  api,
  install,
  logLines,
  type PluginSource,
  pluginZip,
  send,
  startTestRuntime,
  upload,
} from '../../support/runtime.ts'

const TEXT = { type: 'string', maxLength: 200 } as const
const host = defineHost({
  id: 'school',
  version: '1.0.0',
  hooks: {
    navigation: {
      value: {
        type: 'array',
        items: {
          type: 'object',
          properties: { url: TEXT, label: TEXT },
          required: ['url', 'label'],
          additionalProperties: false,
        },
        maxItems: 20,
      },
      deadlineMs: 10_000,
    },
    theme: { value: { type: 'object', additionalProperties: TEXT }, cardinality: 'one', deadlineMs: 10_000 },
    'redirect.home': { value: TEXT, deadlineMs: 10_000 },
    title: { value: TEXT, deadlineMs: 3000 },
  },
  events: {
    'sync.before': { data: { type: 'object' } },
    'sync.after': { data: { type: 'object' } },
  },
  slots: { 'content.video': {} },
})
const runtime = await startTestRuntime({ after }, { host })

/** The body has value, context, env and ctx in scope. */
const hooking = (id: string, hook: string, body: string, more: object = {}): PluginSource => ({
  id,
  backend: `export default { hooks: { ${JSON.stringify(hook)}: async (value, context, env, ctx) => { ${body} } } }`,
  manifest: { contributes: { hooks: [{ hook, ...more }] } },
})
/** Installs a plugin until the test has ended. */
async function add(t: TestContext, source: PluginSource): Promise<Installation> {
  t.after(() => send(runtime, 'DELETE', `/plugins/${source.id}?data=delete`))
  return await install(runtime, source)
}
const get = async (id: string) => (await (await api(runtime, `/plugins/${id}`)).json()) as Installation

test('Hooks: many contribute in order, a handler that is not declared or not there is named, and all is gone after disabling', async (t) => {
  await add(t, hooking('second', 'title', "return value + ' 2'"))
  await add(t, hooking('first', 'title', "return value + ' 1'", { priority: 1 }))
  assert.equal((await runtime.hooks.apply('title', 'Algebra')).value, 'Algebra 1 2')
  await send(runtime, 'POST', '/plugins/first/disable')
  assert.equal((await runtime.hooks.apply('title', 'Algebra')).value, 'Algebra 2')
  const absent = await add(t, {
    ...hooking('absent', 'title', ''),
    backend: 'export default { fetch() {} }',
  })
  assert.deepEqual([absent.state, absent.problem?.code], ['failed', 'DECLARATION_MISMATCH'])
  assert.match(absent.problem?.message ?? '', /hooks.*title/)
  for (const id of ['first', 'second', 'absent']) await send(runtime, 'DELETE', `/plugins/${id}`)
  assert.equal((await runtime.hooks.apply('title', 'Algebra')).value, 'Algebra')
})

test('Hooks: of a point for one, the first in order is called, and both plugins show the conflict', async (t) => {
  await add(t, hooking('ocean', 'theme', "return { accent: 'blue' }"))
  await add(t, hooking('sunset', 'theme', "return { accent: 'red' }", { priority: 10 }))
  assert.deepEqual((await runtime.hooks.apply('theme', {})).value, { accent: 'red' })
  for (const id of ['ocean', 'sunset']) {
    const words = (await get(id)).warnings.map(({ message }) => message).join()
    assert.match(words, /ocean/, id)
    assert.match(words, /sunset/, id)
  }
  await send(runtime, 'POST', '/plugins/sunset/disable')
  assert.deepEqual((await runtime.hooks.apply('theme', {})).value, { accent: 'blue' })
  assert.deepEqual((await get('ocean')).warnings, [])
})

test('Hook points shipped: navigation, redirects by role and events of a sync are points of the application', async (t) => {
  const link = { url: '/en/plugins/reports/', label: 'Reports' }
  await add(t, hooking('reports', 'navigation', `return [...value, ${JSON.stringify(link)}]`))
  await add(
    t,
    hooking(
      'coach',
      'redirect.home',
      "return context.user?.permissions.includes('coach') ? '/coach' : value",
    ),
  )
  await add(t, {
    id: 'syncing',
    backend: `const seen = []
      export default { fetch: () => Response.json(seen),
        events: { 'sync.before': () => { throw new Error('not ready') }, 'sync.after': ({ data }) => { seen.push(data) } } }`,
    manifest: { permissions: { events: ['sync.*'] } },
  })
  const home = { url: '/', label: 'Home' }
  assert.deepEqual((await runtime.hooks.apply('navigation', [home])).value, [home, link])
  const user = { name: 'ada', permissions: ['coach'] }
  assert.equal((await runtime.hooks.apply('redirect.home', '/learn', { user })).value, '/coach')
  assert.equal((await runtime.hooks.apply('redirect.home', '/learn')).value, '/learn')
  for (const event of ['sync.before', 'sync.after'] as const) await runtime.events.emit(event, { rows: 3 })
  const seen = await createApp(runtime).request('http://127.0.0.1:3000/plugins/syncing/api/')
  assert.deepEqual(await seen.json(), [{ rows: 3 }], 'a handler that throws does not end the sync')
})

test('Hook points shipped: a point that the application does not have is a warning with the one that was meant', async (t) => {
  const misspelt = await add(t, hooking('hopeful', 'navigaton', 'return value'))
  assert.deepEqual(
    misspelt.warnings.map(({ code, hint }) => [code, hint]),
    [['POINT_UNKNOWN', 'Did you mean "navigation"?']],
  )
  const wrong = await upload(runtime, pluginZip(hooking('wrong', 'content.video', 'return value')))
  assert.equal(((await wrong.json()) as ProblemDocument).code, 'POINT_MISMATCH')
})

describe('Bad input: a handler of a hook', () => {
  for (const [what, body, code] of [
    ['that hangs', 'await new Promise(() => {})', 'GUEST_DEADLINE'],
    ['that throws', "throw new Error('the bomb')", 'GUEST_ERROR'],
    ['that throws what is no error', 'throw null', 'GUEST_ERROR'],
    ['that returns a wrong type', 'return { title: value }', 'VALUE_INVALID'],
    ['that returns 10 MB', "return 'x'.repeat(10_000_000)", 'GUEST_ERROR'],
    ['that returns a Proxy', "return new Proxy({}, { get() { throw new Error('trap') } })", 'GUEST_ERROR'],
    ['that returns itself in a circle', 'const a = []; a.push(a); return a', 'GUEST_ERROR'],
  ] as const)
    test(`${what} is skipped, its log says why, and its neighbour is called`, async (t) => {
      await add(t, hooking('a-broken', 'title', body))
      await add(t, hooking('b-fine', 'title', "return value + '!'"))
      const { value, applied, skipped } = await runtime.hooks.apply('title', 'Algebra')
      assert.equal(value, 'Algebra!')
      assert.deepEqual(applied, [{ plugin: 'b-fine', changed: true }])
      assert.deepEqual(
        skipped.map(({ plugin, problem }) => [plugin, problem.code]),
        [['a-broken', code]],
      )
      assert.notEqual((await logLines(runtime, 'a-broken')).length, 0)
      assert.equal((await get('a-broken')).enabled, true)
    })
})
