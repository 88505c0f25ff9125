// The reports in the menus of the sample host: who sees which, in which language, and that hiding is not the guard.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Menu } from '../../sdk/api/menus.ts'
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
