// The operator's titles of items in menus: live, in each language, and kept like every other choice.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { defineHost } from '../../runtime/index.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { AuditEntry } from '../../sdk/api/audit.ts'
import type { ListedMenu } from '../../sdk/api/menus.ts'
import type { InspectAnswer } from '../../sdk/api/packages.ts'
import type { ProblemDocument } from '../../sdk/api/problems.ts'
import { documentOf, runCli, startServer } from '../cli/harness.ts'
import {
  api,
  install,
  type PluginSource,
  pluginZip,
  send,
  startTestRuntime,
  temporaryFolder,
} from '../support/runtime.ts'

const host = defineHost({
  id: 'library',
  version: '1.0.0',
  languages: { available: ['en', 'fr'], default: 'en' },
  menus: { reporting: {}, sources: {} },
})
const runtime = await startTestRuntime({ after }, { host })
const untyped = runtime as unknown as Runtime

const OWN = { en: 'Loans', fr: 'Prêts' }
const plugin = (id: string, more: object = {}, manifest: object = {}): PluginSource => ({
  id,
  files: { 'frontend/index.html': '<h1>Start</h1>' },
  manifest: {
    ...manifest,
    contributes: { menus: [{ menu: 'reporting', name: 'loans', title: OWN, path: '/', ...more }] },
  },
})
const setTitle = (menu: string, plugin: string, item: string, title: unknown) =>
  send(untyped, 'PUT', `/menus/${menu}/titles`, { plugin, item, title })
const shown = async (language = 'en', of: typeof runtime = runtime) =>
  (await of.menus.items('reporting', { user: null, language })).flatMap(({ items }) =>
    items.map(({ plugin: id, title }) => `${id}: ${title}`),
  )
const listed = async () => ((await (await api(untyped, '/menus/reporting/items')).json()) as ListedMenu).items

await install(untyped, plugin('ant'))

test('Title: the operator changes it in all languages, in one, or back, and each change counts at once', async () => {
  const answer = await setTitle('reporting', 'ant', 'loans', 'Borrowed')
  assert.deepEqual(
    [answer.status, await answer.json()],
    [200, { plugin: 'ant', item: 'loans', title: 'Borrowed' }],
  )
  assert.deepEqual([await shown(), await shown('fr')], [['ant: Borrowed'], ['ant: Borrowed']])
  await setTitle('reporting', 'ant', 'loans', { fr: 'Emprunts' })
  assert.deepEqual([await shown(), await shown('fr')], [['ant: Loans'], ['ant: Emprunts']])
  assert.deepEqual(await listed(), [
    {
      ...{ plugin: 'ant', item: 'loans', title: OWN, chosen: { fr: 'Emprunts' } },
      ...{ category: null, path: '/', permissions: [] },
    },
  ])
  await setTitle('reporting', 'ant', 'loans', null)
  assert.deepEqual([await shown(), await shown('fr')], [['ant: Loans'], ['ant: Prêts']])
  const { items } = (await (await api(untyped, '/audit?limit=3')).json()) as {
    readonly items: readonly AuditEntry[]
  }
  assert.deepEqual(
    items.map(({ action, subject, detail }) => [action, subject, detail.title]),
    [
      ['menu.title', 'menus/reporting', null],
      ['menu.title', 'menus/reporting', { fr: 'Emprunts' }],
      ['menu.title', 'menus/reporting', 'Borrowed'],
    ],
  )
})

test('Title: items are sorted by what is shown', async () => {
  await install(untyped, plugin('bee', { title: 'Members' }))
  assert.deepEqual(await shown(), ['ant: Loans', 'bee: Members'])
  await setTitle('reporting', 'ant', 'loans', 'Zebra')
  assert.deepEqual(await shown(), ['bee: Members', 'ant: Zebra'])
  await send(untyped, 'DELETE', '/plugins/bee?data=delete')
})

test('Title: an upgrade that changes title and path, a removal and a return keep it; forgetting the plugin deletes it', async () => {
  await install(untyped, {
    ...plugin('ant', { title: 'Loans of all years', path: '/?all' }),
    version: '1.1.0',
  })
  assert.deepEqual(await shown(), ['ant: Zebra'])
  await send(untyped, 'DELETE', '/plugins/ant')
  assert.deepEqual(await shown(), [])
  await install(untyped, plugin('ant'))
  assert.deepEqual(await shown(), ['ant: Zebra'])
  await send(untyped, 'DELETE', '/plugins/ant?data=delete')
  await install(untyped, plugin('ant'))
  assert.deepEqual(await shown(), ['ant: Loans'])
})

test('Title: an item without a name is known by its path, and a disabled plugin keeps its items', async () => {
  const bare = { id: 'bare', files: { 'frontend/index.html': '' } }
  const menus = [{ menu: 'reporting', title: 'Bare', path: '/?book={book}' }]
  await install(untyped, { ...bare, manifest: { contributes: { menus } } })
  await send(untyped, 'POST', '/plugins/bare/disable')
  assert.equal((await setTitle('reporting', 'bare', '/?book={book}', 'Renamed')).status, 200)
  await send(untyped, 'POST', '/plugins/bare/enable')
  const [group] = await runtime.menus.items('reporting', { user: null, params: { book: 1 } })
  assert.deepEqual(
    group?.items.map(({ plugin: id, title }) => `${id}: ${title}`),
    ['ant: Loans', 'bare: Renamed'],
  )
  await send(untyped, 'DELETE', '/plugins/bare?data=delete')
})

test('Title: a plugin that takes the place of another one takes its titles', async () => {
  await setTitle('reporting', 'ant', 'loans', 'Borrowed')
  await install(untyped, plugin('wasp', {}, { replaces: ['ant'] }))
  assert.equal((await send(untyped, 'POST', '/plugins/wasp/replace', { from: 'ant' })).status, 200)
  assert.deepEqual(await shown(), ['wasp: Borrowed'])
})

test('Title: a restart keeps it', async (t) => {
  const data = await temporaryFolder(t)
  const options = { host, config: { data } }
  const first = await startTestRuntime(t, options)
  await install(first as unknown as Runtime, plugin('ant'))
  await send(first as unknown as Runtime, 'PUT', '/menus/reporting/titles', {
    ...{ plugin: 'ant', item: 'loans', title: 'Borrowed' },
  })
  await first.close()
  const second = await startTestRuntime(t, options)
  assert.deepEqual(await shown('en', second), ['ant: Borrowed'])
})

test('Title: a menu, a plugin or an item that there is not is refused, and so is a title that a manifest could not have', async () => {
  const refusal = async (...change: Parameters<typeof setTitle>) => {
    const response = await setTitle(...change)
    const { code, detail } = (await response.json()) as ProblemDocument
    return [response.status, code, detail]
  }
  assert.deepEqual(await refusal('reportin', 'wasp', 'loans', 'A'), [
    ...[422, 'POINT_UNKNOWN', '"library" has no menu "reportin"; did you mean "reporting"?'],
  ])
  assert.deepEqual((await refusal('reporting', 'ant', 'loans', 'A')).slice(0, 2), [404, 'PLUGIN_UNKNOWN'])
  assert.deepEqual(await refusal('reporting', 'wasp', 'loan', 'A'), [
    ...[404, 'MENU_ITEM_UNKNOWN', '"wasp" has no item "loan" in the menu "reporting"; did you mean "loans"?'],
  ])
  assert.deepEqual((await refusal('sources', 'wasp', 'loans', 'A')).slice(0, 2), [404, 'MENU_ITEM_UNKNOWN'])
  for (const title of ['', 'x'.repeat(101), {}, { fr: '' }, { 'not a tag': 'A' }, 7, ['A']])
    assert.equal((await refusal('reporting', 'wasp', 'loans', title))[0], 400, JSON.stringify(title))
  assert.deepEqual(await shown(), ['wasp: Borrowed'])
})

test('Title: two items of one name in a menu are refused with their package', async () => {
  const item = { menu: 'reporting', name: 'twin', title: 'Twin', path: '/' }
  const inspect = async (menus: readonly object[]) => {
    const response = await api(untyped, '/packages/inspect', {
      method: 'POST',
      headers: { 'content-type': 'application/zip' },
      body: pluginZip({ ...plugin('twins'), manifest: { contributes: { menus } } }),
    })
    const { problems } = (await response.json()) as InspectAnswer
    return problems.map(({ pointer, message }) => [pointer, message])
  }
  assert.deepEqual(await inspect([item, { ...item, menu: 'sources' }]), [])
  assert.deepEqual(await inspect([item, item]), [
    ['/contributes/menus/1/name', '"twin" is there twice in the menu "reporting"'],
  ])
})

test('Title: the command line lists items, sets a title and resets it', async (t) => {
  const { env, runtime: server } = await startServer(t)
  const item = { menu: 'shell.main', name: 'loans', title: OWN, category: 'Books', path: '/' }
  await install(server, { ...plugin('ant'), manifest: { contributes: { menus: [item] } } })
  const set = await runCli(['menus', 'title', 'shell.main', 'ant', 'loans', 'Borrowed'], { env })
  assert.equal(set.out, '✓ shell.main: loans of ant is "Borrowed"\n')
  const list = await runCli(['menus', 'list'], { env })
  assert.match(
    list.out,
    /MENU +CATEGORY +PLUGIN +ITEM +TITLE +SHOWN AS\nshell.main +Books +ant +loans +Loans +Borrowed/,
  )
  await runCli(['menus', 'title', 'shell.main', 'ant', 'loans', '{"fr": "Emprunts"}'], { env })
  const { results } = documentOf(await runCli(['menus', 'list', 'shell.main', '--json'], { env }))
  assert.deepEqual(results[0]?.chosen, { fr: 'Emprunts' })
  const reset = await runCli(['menus', 'reset', 'shell.main', 'ant', 'loans'], { env })
  assert.equal(reset.out, '✓ shell.main: loans of ant has its own title again\n')
  const wrong = await runCli(['menus', 'title', 'shell.main', 'ant', 'loan', 'A'], { env })
  assert.equal(wrong.code, 1)
  assert.match(wrong.err, /did you mean "loans"/)
  for (const args of [
    ['titel'],
    ['title', 'shell.main', 'ant', 'loans'],
    ['reset', 'shell.main'],
    ['title', 'shell.main', 'ant', 'loans', '{'],
  ])
    assert.equal((await runCli(['menus', ...args], { env })).code, 64, args.join(' '))
})
