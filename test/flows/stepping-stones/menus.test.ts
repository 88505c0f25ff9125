// Menus of an application, through real plugins: each row of SteppingStones' table that is about them, and what a plugin can try.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { iconOf } from '../../../runtime/contributions/icons.ts'
import { filledPath } from '../../../runtime/contributions/menu-path.ts'
import { mayVisit } from '../../../runtime/contributions/path-guards.ts'
import { createApp, defineHost } from '../../../runtime/index.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { Menu } from '../../../sdk/api/menus.ts'
import type { UploadAnswer } from '../../../sdk/api/packages.ts'
import type { ProblemDocument } from '../../../sdk/api/problems.ts'
import { ADMIN_TOKEN, api, install, pluginZip, send, startTestRuntime } from '../../support/runtime.ts'

const host = defineHost({
  id: 'stones',
  version: '1.0.0',
  languages: { available: ['en', 'fr'], default: 'en' },
  permissions: { 'events.view': 'See events', 'credentials.view': 'See credentials' },
  menus: {
    'events.reporting': {
      title: 'Reporting',
      params: {
        type: 'object',
        properties: { task: { type: ['integer', 'string'] } },
        additionalProperties: false,
      },
    },
    'credentials.reporting': {},
    'eventstream.sources': {},
  },
})
const runtime = await startTestRuntime({ after }, { host })
const untyped = runtime as unknown as Runtime

const viewer = { name: 'vera', permissions: ['events.view'] }
const auditor = { name: 'otto', permissions: ['events.view', 'credentials.view'] }
const PAGES = {
  'frontend/index.html': '<h1>start</h1>',
  'frontend/report/index.html': '<h1>report</h1>',
  'frontend/report/details.html': '<h1>details</h1>',
}
const reports = (id: string, menus: readonly object[], more: object = {}) => ({
  id,
  backend: 'export default { fetch: (request) => new Response(new URL(request.url).pathname) }',
  files: PAGES,
  manifest: { access: 'user', contributes: { menus }, ...more },
})
const item = (title: unknown, more: object = {}) => ({
  menu: 'events.reporting',
  title,
  path: '/report/',
  ...more,
})

const shown = async (user: { permissions: readonly string[] } | null = viewer, more: object = {}) =>
  (await runtime.menus.items('events.reporting', { user, ...more })).map(
    ({ category, items }) => `${category}: ${items.map(({ title }) => title).join(', ')}`,
  )
const clear = async () => {
  for (const { id } of runtime.live.current()) await send(untyped, 'DELETE', `/plugins/${id}?data=delete`)
}
/** As a token with these permissions, through the app. */
const visit = async (path: string, permissions: readonly string[] | null) => {
  const secret =
    permissions === null
      ? undefined
      : (
          await runtime.store.principals.addToken(
            { name: `visitor ${Math.random()}`, permissions },
            { actor: 'test', action: 'token.create' },
          )
        ).token
  return await createApp(untyped).request(`http://127.0.0.1:3000${path}`, {
    headers: {
      ...(secret !== undefined && { authorization: `Bearer ${secret}` }),
      ...{ accept: 'text/html', 'sec-fetch-site': 'none' },
    },
  })
}

test('Plugin points: a host declares its menus, and a category and an icon have defaults', async () => {
  await install(untyped, reports('plain', [item('Plain')]))
  const [group] = await runtime.menus.items('events.reporting', { user: viewer })
  assert.equal(group?.category, 'Undefined Category')
  assert.deepEqual(
    group?.items.map(({ plugin, title, href, icon }) => [plugin, title, href, icon.name]),
    [['plain', 'Plain', '/plugins/plain/report/', 'link']],
  )
  await clear()
})

test('Members: title, category, icon and path are checked when a package is uploaded, and unknown menus warned of', async () => {
  const answer = (await install(
    untyped,
    reports('typo', [{ ...item('Typo'), menu: 'events.reportin' }]),
  )) as UploadAnswer
  assert.deepEqual(
    answer.warnings.map(({ code, hint }) => [code, hint]),
    [['POINT_UNKNOWN', 'Did you mean "events.reporting"?']],
  )
  assert.deepEqual(answer.notYetActive, [])
  const parameter = (await install(
    untyped,
    reports('wrong-parameter', [item('Wrong', { path: '/report/{tsak}' })]),
  )) as UploadAnswer
  assert.deepEqual(
    parameter.warnings.map(({ pointer, hint }) => [pointer, hint]),
    [['/contributes/menus/0/path', 'Did you mean "task"?']],
  )
  await clear()
  for (const wrong of [{ path: '//elsewhere' }, { icon: '<script>' }, { title: '' }, { menu: '..' }]) {
    const response = await api(untyped, '/packages/inspect', {
      method: 'POST',
      headers: { 'content-type': 'application/zip' },
      body: pluginZip(reports('wrong', [item('Wrong', wrong)])),
    })
    assert.equal(((await response.json()) as { ok: boolean }).ok, false, JSON.stringify(wrong))
  }
})

test('Menu rendering: items are grouped by category and sorted by category and title; an empty menu is absent', async () => {
  assert.deepEqual(await shown(), [])
  await install(
    untyped,
    reports('one', [item('Zoo', { category: 'Graphs' }), item('Apes', { category: 'Texts' })]),
  )
  await install(untyped, reports('two', [item('Bees', { category: 'Graphs' })]))
  assert.deepEqual(await shown(), ['Graphs: Bees, Zoo', 'Texts: Apes'])
  assert.deepEqual(await shown(null), [])
  await send(untyped, 'POST', '/plugins/one/disable')
  assert.deepEqual(await shown(), ['Graphs: Bees'])
  await clear()
})

test('Menu rendering: titles are in the language of the request, and parameters of the page are filled in', async () => {
  await install(
    untyped,
    reports('lang', [item({ en: 'Report', fr: 'Rapport' }, { path: '/report/?task={task}' })]),
  )
  const [group] = await runtime.menus.items('events.reporting', {
    user: viewer,
    params: { task: 'a b&c/../d' },
    language: 'fr',
    basePath: '/tools',
  })
  assert.deepEqual(
    group?.items.map(({ title, href }) => [title, href]),
    [['Rapport', '/tools/plugins/lang/report/?task=a%20b%26c%2F..%2Fd']],
  )
  // Without the parameter there is nothing to open.
  assert.deepEqual(await shown(), [])
  await assert.rejects(
    runtime.menus.items('events.reporting', { user: viewer, params: { task: true } as never }),
    {
      code: 'VALUE_INVALID',
    },
  )
  await clear()
})

test('Menu rendering: a parameter cannot leave its place in the path', () => {
  assert.equal(filledPath('/r/{a}', { a: 'x/../y?z#' }), '/r/x%2F..%2Fy%3Fz%23')
  for (const value of ['..', '.', '', null, undefined, {}, ['..'], '\ud800'])
    assert.equal(filledPath('/r/{a}/x', { a: value }), undefined, String(value))
  assert.equal(filledPath('/r/{__proto__}', {}), '/r/{__proto__}')
  assert.equal(filledPath('/r/{constructor}', {}), undefined)
})

test('Permission: an item is shown to users with all of its permissions, and its pages and backend are closed to others', async () => {
  const needs = { permissions: ['events.view', 'credentials.view'] }
  await install(untyped, reports('strict', [item('Strict', needs)]))
  assert.deepEqual(await shown(viewer), [])
  assert.deepEqual(await shown(auditor), ['Undefined Category: Strict'])
  const statuses = async (path: string) => [
    (await visit(path, viewer.permissions)).status,
    (await visit(path, auditor.permissions)).status,
  ]
  for (const path of [
    'report/',
    'report/details.html',
    'report/index.html',
    'api/report',
    'api/report/x?y',
    'api/%72eport',
  ])
    assert.deepEqual(await statuses(`/plugins/strict/${path}`), [403, 200], path)
  for (const path of ['', 'api/other'])
    assert.deepEqual(await statuses(`/plugins/strict/${path}`), [200, 200], path)
  await clear()
})

test('Permission: a public plugin still closes what needs a permission, to strangers too', async () => {
  await install(
    untyped,
    reports('open', [item('Open', { permissions: ['events.view'] })], { access: 'public' }),
  )
  assert.deepEqual(await shown(null), [])
  const statuses = async (path: string) => [
    (await visit(path, null)).status,
    (await visit(path, [])).status,
    (await visit(path, viewer.permissions)).status,
  ]
  assert.deepEqual(await statuses('/plugins/open/report/'), [401, 403, 200])
  assert.deepEqual(await statuses('/plugins/open/api/report'), [401, 403, 200])
  assert.deepEqual(await statuses('/plugins/open/'), [200, 200, 200])
  await clear()
})

test('Permission: the item with the longest path decides', () => {
  const manifest = {
    manifestVersion: 1,
    id: 'deep',
    name: 'deep',
    version: '1.0.0',
    contributes: {
      menus: [
        { menu: 'm', title: 'all', path: '/', permissions: ['a.x'] },
        { menu: 'm', title: 'one', path: '/report/{id}/edit', permissions: ['b.x'] },
        { menu: 'm', title: 'other', path: '/report/{id}/edit?again', permissions: ['c.x'] },
      ],
    },
  } as const
  const may = (path: string, ...permissions: string[]) => mayVisit({ manifest }, path, { permissions })
  assert.deepEqual([may('/', 'a.x'), may('/', 'b.x'), may('/report/7', 'b.x')], [true, false, false])
  assert.deepEqual(
    [may('/report/7/edit', 'b.x'), may('/report/7/edit/more', 'c.x'), may('/report/7/edit', 'a.x')],
    [true, true, false],
  )
  assert.equal(may('/report//7/%65dit', 'a.x'), false)
})

test('URLs: several pages of one plugin are live with it, without a restart', async () => {
  await install(untyped, reports('pages', [item('Pages')]))
  assert.match(await (await visit('/plugins/pages/report/', [])).text(), /report/)
  assert.match(await (await visit('/plugins/pages/report/details.html', [])).text(), /details/)
  await send(untyped, 'POST', '/plugins/pages/disable')
  assert.equal((await visit('/plugins/pages/report/', [])).status, 404)
  await clear()
})

test("DB rows: the operator's order is kept through an upgrade, and goes over category and title", async () => {
  await install(untyped, reports('ant', [item('Ant', { category: 'A' })]))
  await install(untyped, reports('bee', [item('Bee', { category: 'B' })]))
  assert.deepEqual(await shown(), ['A: Ant', 'B: Bee'])
  await send(untyped, 'PUT', '/extension-points/menus/events.reporting/order', { plugins: ['bee'] })
  assert.deepEqual(await shown(), ['B: Bee', 'A: Ant'])
  await install(untyped, { ...reports('bee', [item('Bee 2', { category: 'B' })]), version: '2.0.0' })
  assert.deepEqual(await shown(), ['B: Bee 2', 'A: Ant'])
  await clear()
})

test('Status: what was chosen for a removed plugin holds when it returns', async () => {
  await install(untyped, reports('back', [item('Back')]))
  await send(untyped, 'POST', '/plugins/back/disable')
  await send(untyped, 'DELETE', '/plugins/back')
  await install(untyped, reports('back', [item('Back')]))
  assert.deepEqual(await shown(), [])
  await send(untyped, 'POST', '/plugins/back/enable')
  assert.deepEqual(await shown(), ['Undefined Category: Back'])
  await clear()
})

test('Broken plugin: one whose backend fails costs the menu nothing', async () => {
  await install(untyped, {
    ...reports('fails', [item('Fails')]),
    backend: 'export default { fetch() { throw new Error("no") } }',
  })
  await install(untyped, reports('works', [item('Works')]))
  assert.deepEqual(await shown(), ['Undefined Category: Fails, Works'])
  await clear()
})

test('the API has the menu of the user who asks, with the address of the app in front', async () => {
  await install(
    untyped,
    reports('reported', [item('Report', { path: '/report/?task={task}', icon: 'fas fa-list-ul' })]),
  )
  const response = await api(untyped, `/menus/events.reporting?params=${encodeURIComponent('{"task":7}')}`)
  const { title, groups } = (await response.json()) as Menu
  assert.equal(title, 'Reporting')
  assert.deepEqual(
    groups.flatMap(({ items }) => items.map(({ href, icon }) => [href, icon.name])),
    [['/plugins/reported/report/?task=7', 'list']],
  )
  const mounted = await createApp(untyped, { basePath: '/tools' }).request(
    `http://127.0.0.1:3000/tools/api/v1/menus/events.reporting?params=${encodeURIComponent('{"task":7}')}`,
    { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } },
  )
  assert.equal(
    ((await mounted.json()) as Menu).groups[0]?.items[0]?.href,
    '/tools/plugins/reported/report/?task=7',
  )
  // A page of the application is asked for by strangers, too.
  const stranger = await createApp(untyped).request(
    `http://127.0.0.1:3000/api/v1/menus/events.reporting?params=${encodeURIComponent('{"task":7}')}`,
  )
  assert.deepEqual([stranger.status, ((await stranger.json()) as Menu).groups], [200, []])
  for (const [path, status, code] of [
    ['/menus/events.reportin', 422, 'POINT_UNKNOWN'],
    ['/menus/events.reporting?params=[1]', 400, 'BAD_REQUEST'],
    ['/menus/events.reporting?params=%7B%22nope%22%3A1%7D', 400, 'BAD_REQUEST'],
  ] as const) {
    const refused = await api(untyped, path)
    assert.deepEqual([refused.status, ((await refused.json()) as ProblemDocument).code], [status, code])
  }
  await clear()
})

test('icons are of a set of our own, and classes of FontAwesome that mean the same', () => {
  const names = [
    'list',
    'fas fa-list-ul',
    'fa-solid fa-chart-pie',
    'fa-solid fa-notdef',
    'constructor',
    undefined,
  ]
  assert.deepEqual(
    names.map((name) => iconOf(name).name),
    ['list', 'list', 'pie', 'link', 'link', 'link'],
  )
})
