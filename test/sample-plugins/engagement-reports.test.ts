// The reports in the menus of the sample host: who sees which, in which language, and that hiding is not the guard.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Page } from '../../sdk/api/lists.ts'
import type { Menu } from '../../sdk/api/menus.ts'
import type { TaskView } from '../../sdk/api/tasks.ts'
import { until } from '../support/runtime.ts'
import { installFolder, openLibrary, signIn } from './library.ts'

const opened = await openLibrary({ after })
const { library, headers } = opened
const FOLDER = join(import.meta.dirname, '../../sample-plugins/engagement-reports/1.0.0')

const get = (path: string, as: Readonly<Record<string, string>>) =>
  fetch(library.url + path, { headers: { ...as, accept: 'text/html' } })

/** What the element of a page shows: "category: title", and where it leads. */
async function menu(name: string, as: Readonly<Record<string, string>>, query = {}) {
  const response = await get(`/apps/api/v1/menus/${name}?${new URLSearchParams(query)}`, as)
  const { groups } = (await response.json()) as Menu
  return groups.flatMap(({ category, items }) =>
    items.map(({ title, href }) => [`${category}: ${title}`, href]),
  )
}
const BOOK = { params: '{"book":6}' }

test('three links stand in two menus and two categories, each for who may open it', async () => {
  const pupil = await signIn(library, 'yara')
  const teacher = await signIn(library, 'tomas')
  assert.deepEqual(await menu('events.reporting', headers, BOOK), [])
  assert.equal((await installFolder(opened, FOLDER)).status, 201)

  const page = await (await get('/en/books/6', teacher)).text()
  assert.match(page, /<plugbay-menu name="events.reporting" params="{&quot;book&quot;:6}">Reporting</)
  assert.deepEqual(await menu('events.reporting', teacher, BOOK), [
    ['Documents: Summary', '/apps/plugins/engagement-reports/summary/?book=6'],
    ['Graphs: Timeline', '/apps/plugins/engagement-reports/timeline/?book=6'],
  ])
  assert.deepEqual(
    (await menu('events.reporting', teacher, { ...BOOK, language: 'fr' })).map(([text]) => text),
    ['Documents: Résumé', 'Graphiques: Chronologie'],
  )
  for (const stranger of [pupil, {}]) assert.deepEqual(await menu('events.reporting', stranger, BOOK), [])
  assert.deepEqual(await menu('credentials.reporting', headers), [
    ['Documents: Members', '/apps/plugins/engagement-reports/members/'],
  ])
  assert.deepEqual(await menu('credentials.reporting', teacher), [])

  const status = async (path: string, as: Readonly<Record<string, string>>) =>
    (await get(`/apps/plugins/engagement-reports/${path}`, as)).status
  assert.deepEqual(
    [await status('timeline/?book=6', teacher), await status('timeline/?book=6', pupil)],
    [200, 403],
  )
  assert.deepEqual([await status('members/', headers), await status('members/', teacher)], [200, 403])
  assert.deepEqual([await status('api/members', headers), await status('api/members', teacher)], [200, 403])
})

test('its pages read what the hook has counted', async () => {
  const teacher = await signIn(library, 'tomas')
  const report = async () =>
    (await (await get('/apps/plugins/engagement-reports/api/timeline?book=6', teacher)).json()) as {
      title: string
      rows: readonly (readonly [string, number])[]
    }
  const before = (await report()).rows[0]?.[1] ?? 0
  await get('/en/books/6', teacher)
  const { title, rows } = await report()
  assert.deepEqual([title, rows[0]?.[1]], ['Flatland', before + 1])
})

test('its background task adds up the figures: planned for half a minute after the start and each hour, and begun by a reader', async () => {
  const teacher = await signIn(library, 'tomas')
  interface Figures {
    readonly at: string
    readonly opened: number
    readonly books: readonly { readonly title: string; readonly opened: number }[]
  }
  interface Summary {
    readonly all: { readonly figures: Figures | null; readonly state: string; readonly next: string | null }
  }
  const summary = async () =>
    ((await (await get('/apps/plugins/engagement-reports/api/summary?book=6', teacher)).json()) as Summary)
      .all
  const tasks = async () =>
    ((await (await get('/apps/api/v1/tasks?plugin=engagement-reports', headers)).json()) as Page<TaskView>)
      .items
  const [planned] = await tasks()
  assert.deepEqual(
    [planned?.name, planned?.state, planned?.repeat, planned?.startedBy.kind],
    ['rebuild', 'waiting', { seconds: 3600 }, 'schedule'],
  )
  const { figures, state, next } = await summary()
  assert.deepEqual([figures, state, next], [null, 'waiting', planned?.runAt])
  const delay = Date.parse(planned?.runAt ?? '') - Date.parse(planned?.createdAt ?? '')
  assert.ok(Math.abs(delay - 30_000) < 2000, String(delay))

  await get('/en/books/3', teacher)
  const rebuild = (as: Readonly<Record<string, string>>) =>
    fetch(`${library.url}/apps/plugins/engagement-reports/api/summary/rebuild`, {
      method: 'POST',
      headers: { ...as, origin: library.url },
    })
  assert.equal((await rebuild(await signIn(library, 'yara'))).status, 403)
  assert.equal((await rebuild(teacher)).status, 204)
  const found = await until('the figures are there', async () => (await summary()).figures ?? undefined)
  assert.equal((await summary()).next, planned?.runAt)
  assert.equal(found.books.length, 2)
  assert.deepEqual(
    found.opened,
    found.books.reduce((sum, { opened: each }) => sum + each, 0),
  )
  const byHand = await until('the run has ended', async () =>
    (await tasks()).find(({ key, state: now }) => key === 'by hand' && now === 'succeeded'),
  )
  assert.deepEqual(byHand.startedBy, { kind: 'plugin', name: 'engagement-reports', user: 'tomas' })
  assert.deepEqual(byHand.result, { books: 2, opened: found.opened })
  const log = await (await get(`/apps/api/v1/tasks/${byHand.id}/log`, headers)).text()
  assert.match(log, /Executed by the plugin \\"engagement-reports\\" for user \\"tomas\\"/)

  // What is due is run now instead of in half a minute; its next time stays on the grid.
  await fetch(`${library.url}/apps/api/v1/tasks/${planned?.id}/run`, { method: 'POST', headers })
  const repeated = await until('it is repeated', async () => {
    const waiting = (await tasks()).find(({ state: now }) => now === 'waiting')
    return waiting?.id === planned?.id ? undefined : waiting
  })
  assert.equal(Date.parse(repeated.scheduledFor) - Date.parse(planned?.scheduledFor ?? ''), 3_600_000)
})
