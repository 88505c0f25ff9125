// The school pack on the sample host: version 1, the upgrade to version 2 with its data, and everything that version 2 adds.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Installation } from '../../sdk/api/plugins.ts'
import { installRelease, openLibrary, SCHOOL_PACK } from './library.ts'

const PACK = '/apps/api/v1/plugins/school-pack'

const opened = await openLibrary({ after })
const { library, headers } = opened

async function send<T>(method: string, path: string, body?: unknown): Promise<{ status: number; body: T }> {
  const response = await fetch(library.url + path, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, body: (text === '' ? undefined : JSON.parse(text)) as T }
}

const textOf = async (path: string) => (await fetch(library.url + path, { headers })).text()

interface PageData {
  readonly title: string
  readonly goal: string
  readonly books: readonly { readonly title: string; readonly count: string | null }[]
  readonly sync: string | null
  readonly links: readonly { readonly text: string; readonly url: string }[]
}
const pageIn = async (language: string): Promise<PageData> =>
  JSON.parse(await textOf(`/apps/${language}/plugins/school-pack/api/page`)) as PageData

const change = (values: object) =>
  send<{ code?: string; problems?: readonly { message: string }[] }>('PATCH', `${PACK}/settings`, values)

test('version 1 marks recommended books and counts what is opened', async () => {
  const installed = await installRelease(opened, '1.0.0')
  assert.equal(installed.status, 201)
  assert.equal(((await installed.json()) as Installation).problem, null)
  assert.match(await textOf('/en/'), /★ Flatland/)
  for (const id of [6, 6, 6, 2]) await textOf(`/en/books/${id}`)
  assert.deepEqual(JSON.parse(await textOf('/apps/plugins/school-pack/api/most-read')), {
    books: [
      { title: 'Flatland', opened: 3 },
      { title: 'The Jungle Book', opened: 1 },
    ],
  })
})

test('the upgrade to version 2 brings the counts along, and the settings stay', async () => {
  assert.equal((await change({ mark: '◆' })).status, 200)
  const upgraded = await installRelease(opened, '2.0.0')
  const { version, problem } = (await upgraded.json()) as Installation
  assert.deepEqual([upgraded.status, version, problem], [200, '2.0.0', null])
  assert.match(await textOf('/en/'), /◆ Flatland/)
  await textOf('/en/books/6')
  assert.deepEqual((await pageIn('en')).books, [
    { title: 'Flatland', count: 'opened 4 times' },
    { title: 'The Jungle Book', count: 'opened once' },
  ])
})

test('its page speaks English, French and Arabic, with plurals of each', async () => {
  const [en, fr, ar] = [await pageIn('en'), await pageIn('fr'), await pageIn('ar')]
  assert.deepEqual([en.title, fr.title, ar.title], ['What we read', 'Ce que nous lisons', 'ماذا نقرأ'])
  assert.equal(fr.books[0]?.count, 'ouvert 4 fois')
  assert.equal(fr.books[1]?.count, 'ouvert une fois')
  assert.match(String(ar.books[0]?.count), /^فُتح [4٤] مرات$/)
  assert.equal(ar.books[1]?.count, 'فُتح مرة واحدة')
  assert.match(fr.goal, /1,5 livre /)
  assert.match(await textOf('/apps/ar/plugins/school-pack/'), /content="ar" data-dir="rtl"/)
})

test('a sync of the library reaches it', async () => {
  assert.equal((await pageIn('en')).sync, null)
  await fetch(`${library.url}/en/sync`, { method: 'POST', headers, redirect: 'manual' })
  assert.match(String((await pageIn('en')).sync), /: 3 new books, 1 correction$/)
  assert.match(String((await pageIn('fr')).sync), /3 nouveaux livres, 1 correction$/)
})

test('its settings are titled in each language, with nothing left out', async () => {
  for (const [language, title] of [
    ['en', 'Recommended books'],
    ['fr', 'Livres recommandés'],
    ['ar', 'الكتب الموصى بها'],
  ] as const) {
    const { body } = await send<Record<string, { schema: { title: unknown; description?: unknown } }>>(
      'GET',
      `${PACK}/settings?language=${language}`,
    )
    assert.equal(body.recommended?.schema.title, title)
  }
  const { properties } = JSON.parse(readFileSync(join(SCHOOL_PACK, '2.0.0/manifest.json'), 'utf8')).settings
  for (const { title, description } of Object.values<{ title: object; description?: object }>(properties))
    for (const text of [title, description ?? title]) assert.deepEqual(Object.keys(text), ['en', 'fr', 'ar'])
})

test('a setting of each type takes what is of it, in its normal form, live', async () => {
  const changed = await change({
    colours: 'ocean',
    showCounts: false,
    mostRead: 1,
    goal: 2.5,
    keepFor: '2d',
    exportLimit: '1kB',
    readingRoom: '2001:DB8:0::1',
    readingRoomPort: 9000,
    mirror: 'HTTPS://Media.Example.org:443',
    mirrorPath: '/shelf',
    guide: 'guides//a/./b.pdf/',
    shelves: ['x'],
    catalog: '8082',
    partners: ['https://partner.example.org/'],
  })
  assert.equal(changed.status, 200, JSON.stringify(changed.body))
  const { goal, books, links } = await pageIn('en')
  assert.match(goal, /2\.5 books/)
  assert.deepEqual(books, [{ title: 'Flatland', count: null }])
  assert.deepEqual(
    links.map(({ url }) => url),
    [
      'http://[2001:db8::1]:9000/',
      'https://media.example.org/shelf/guides/a/b.pdf',
      'https://media.example.org/shelf/x/',
      'http://[2001:db8::1]:8082/',
      'https://partner.example.org',
    ],
  )
  assert.match(await textOf('/en/'), /--accent: #14618c/)
})

test('a setting of each type refuses what is not of it, and names the setting', async () => {
  const wrong: Readonly<Record<string, unknown>> = {
    recommended: 'Flatland',
    mark: '',
    colours: 'pink',
    showCounts: 'perhaps',
    mostRead: 1.5,
    goal: 'much',
    keepFor: 'soon',
    exportLimit: '500 apples',
    readingRoom: '300.1.1.1',
    readingRoomPort: 70000,
    mirror: 'ftp:media',
    mirrorPath: 'a b?c',
    guide: 'a\u0000b',
    shelves: ['\u0007'],
    catalog: 'nowhere',
    partners: ['https://a.example/path'],
    districtKey: 5,
  }
  for (const [key, value] of Object.entries(wrong)) {
    const { status, body } = await change({ [key]: value })
    assert.equal(status, 422, `${key}: ${JSON.stringify(body)}`)
    assert.match(JSON.stringify(body), new RegExp(key))
    assert.doesNotMatch(JSON.stringify(body), /There is no setting/)
  }
  const { properties } = JSON.parse(readFileSync(join(SCHOOL_PACK, '2.0.0/manifest.json'), 'utf8')).settings
  assert.deepEqual(Object.keys(wrong).sort(), Object.keys(properties).sort())
})

test('the table to download keeps to its limit, and the report asks for a librarian and a key', async () => {
  const table = await textOf('/apps/plugins/school-pack/api/export.csv')
  assert.match(table, /^title,opened\r\n"Flatland",4\r\n/)
  const report = '/apps/plugins/school-pack/api/report'
  const stranger = await fetch(library.url + report, { method: 'POST', headers: { origin: library.url } })
  assert.equal(stranger.status, 403)
  assert.equal((await send('POST', report)).status, 409)
})

test('everything that it adds is gone when it is disabled, and back when it is enabled', async () => {
  assert.match(await textOf('/en/'), /reading club/)
  assert.equal(library.runtime.settings.values.maxLoans, 5)
  await send('POST', `${PACK}/disable`)
  const page = await textOf('/en/')
  assert.doesNotMatch(page, /◆|reading club/)
  assert.match(page, /--accent: #0b6e4f/)
  assert.equal(library.runtime.settings.values.maxLoans, 3)
  await send('POST', `${PACK}/enable`)
  assert.match(await textOf('/en/'), /◆ Flatland/)
  assert.equal((await pageIn('en')).books[0]?.title, 'Flatland')
})
