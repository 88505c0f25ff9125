// The registry of plugins, row by row of SteppingStones' table: an upload registers, and what an operator chose holds.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createApp, defineHost, type Runtime } from '../../../runtime/index.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import {
  api,
  install,
  type PluginSource,
  send,
  startTestRuntime,
  temporaryFolder,
  until,
} from '../../support/runtime.ts'

const host = defineHost({ id: 'stones', version: '1.0.0', menus: { 'events.reporting': {} } })
type Stones = Runtime<typeof host>

const report = (id: string, manifest: object = {}): PluginSource => ({
  id,
  files: { 'frontend/index.html': `<h1>${id}</h1>` },
  manifest: {
    contributes: { menus: [{ menu: 'events.reporting', name: 'report', title: id, path: '/' }] },
    ...manifest,
  },
})
const shown = async (runtime: Stones) =>
  (await runtime.menus.items('events.reporting', { user: null })).flatMap(({ items }) =>
    items.map(({ title }) => title),
  )
const listed = async (runtime: Stones) =>
  ((await (await api(runtime, '/plugins')).json()) as { readonly items: readonly Installation[] }).items.map(
    ({ id, enabled, state }) => [id, enabled, state],
  )

test('Registration: an upload registers a plugin, once, and it is there at once and after a restart', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { host, config: { data } })
  assert.deepEqual(await shown(first), [])
  await install(first, report('one'))
  assert.deepEqual(await shown(first), ['one'])
  // The same package again changes nothing.
  await install(first, report('one'))
  assert.deepEqual(await listed(first), [['one', true, 'running']])
  await first.close()
  const second = await startTestRuntime(t, { host, config: { data } })
  assert.deepEqual(await shown(second), ['one'])
})

test('DB rows: title, order and status that an operator has set outlive an upgrade, a removal, a return and a restart', async (t) => {
  const data = await temporaryFolder(t)
  const first = await startTestRuntime(t, { host, config: { data } })
  for (const id of ['ant', 'bee', 'camel']) await install(first, report(id))
  const point = 'events.reporting'
  await send(first, 'PUT', `/menus/${point}/titles`, {
    plugin: 'bee',
    item: 'report',
    title: 'Bees of the year',
  })
  await send(first, 'PUT', `/extension-points/menus/${point}/order`, { plugins: ['camel', 'bee'] })
  await send(first, 'POST', '/plugins/ant/disable')
  const chosen = ['camel', 'Bees of the year']
  assert.deepEqual(await shown(first), chosen)
  await install(first, { ...report('bee'), version: '2.0.0' })
  await install(first, { ...report('ant'), version: '2.0.0' })
  assert.deepEqual(await shown(first), chosen)
  for (const id of ['ant', 'bee']) {
    await send(first, 'DELETE', `/plugins/${id}`)
    await install(first, { ...report(id), version: '2.0.0' })
  }
  assert.deepEqual(await shown(first), chosen)
  await first.close()
  const second = await startTestRuntime(t, { host, config: { data } })
  assert.deepEqual(await shown(second), chosen)
})

test('Status: enabled, disabled and removed, and a plugin that was disabled, removed and has returned is disabled', async (t) => {
  const runtime = await startTestRuntime(t, { host })
  await install(runtime, report('one'))
  assert.deepEqual(await listed(runtime), [['one', true, 'running']])
  await send(runtime, 'POST', '/plugins/one/disable')
  assert.deepEqual(await listed(runtime), [['one', false, 'disabled']])
  await send(runtime, 'DELETE', '/plugins/one')
  assert.deepEqual(await listed(runtime), [])
  await install(runtime, report('one'))
  assert.deepEqual(await listed(runtime), [['one', false, 'disabled']])
  // Deleted with its data, it is new.
  await send(runtime, 'DELETE', '/plugins/one?data=delete')
  await install(runtime, report('one'))
  assert.deepEqual(await listed(runtime), [['one', true, 'running']])
})

test('Status use: only enabled plugins are in menus, and others are notified of each change', async (t) => {
  const runtime = await startTestRuntime(t, { host })
  await install(runtime, {
    id: 'watcher',
    backend: `const seen = []
      export default {
        events: { 'plugin.*': ({ name, data }) => { seen.push(name + ' ' + data.id) } },
        fetch: () => Response.json(seen),
      }`,
    manifest: { permissions: { events: ['plugin.*'] } },
  })
  await install(runtime, report('one'))
  await send(runtime, 'POST', '/plugins/one/disable')
  assert.deepEqual(await shown(runtime), [])
  await send(runtime, 'POST', '/plugins/one/enable')
  assert.deepEqual(await shown(runtime), ['one'])
  await send(runtime, 'DELETE', '/plugins/one')
  const seen = async () => {
    const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/watcher/api/')
    return ((await response.json()) as readonly string[]).filter((line) => line.endsWith(' one'))
  }
  await until('all are there', async () => (await seen()).length >= 4)
  assert.deepEqual(await seen(), [
    'plugin.enabled one',
    'plugin.disabled one',
    'plugin.enabled one',
    'plugin.removed one',
  ])
})

test('Rename: a plugin with a new id takes the place of the old one, with its title and its place in the order', async (t) => {
  const runtime = await startTestRuntime(t, { host })
  for (const id of ['ant', 'old']) await install(runtime, report(id))
  const point = 'events.reporting'
  await send(runtime, 'PUT', `/menus/${point}/titles`, { plugin: 'old', item: 'report', title: 'Chosen' })
  await send(runtime, 'PUT', `/extension-points/menus/${point}/order`, { plugins: ['old', 'ant'] })
  await install(runtime, report('new', { replaces: ['old'] }))
  assert.equal((await send(runtime, 'POST', '/plugins/new/replace', { from: 'old' })).status, 200)
  assert.deepEqual(await shown(runtime), ['Chosen', 'ant'])
  assert.deepEqual(
    (await listed(runtime)).map(([id]) => id),
    ['ant', 'new'],
  )
})

test('Broken plugin: one whose package is damaged, or whose backend does not load, is named and costs the menu nothing', async (t) => {
  const runtime = await startTestRuntime(t, { host })
  await install(runtime, report('works'))
  const broken = { ...report('broken'), backend: 'throw new Error("import failed")' }
  await install(runtime, broken)
  const [row] = (await listed(runtime)).filter(([id]) => id === 'broken')
  assert.deepEqual(row, ['broken', true, 'failed'])
  assert.deepEqual(await shown(runtime), ['works'])
  const { problem } = (await (await api(runtime, '/plugins/broken')).json()) as Installation
  assert.match(String(problem?.message), /import failed/)
})
