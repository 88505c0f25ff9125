// The menus of the sample host in a browser, with the reports of its sample plugin in them: for each member what that member may open.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { installFolder, openLibrary, signIn } from '../sample-plugins/library.ts'
import { openBrowser } from '../support/chromium.ts'

const FOLDER = join(import.meta.dirname, '../../sample-plugins/engagement-reports/1.0.0')

/** Headings and links of a menu that is open. */
const shown = (page: Page, name: string) =>
  page.evaluate((of) => {
    const { shadowRoot } = document.querySelector(`plugbay-menu[name="${of}"]`) ?? {}
    return [...(shadowRoot?.querySelectorAll('[part=category], a') ?? [])].map((each) => each.textContent)
  }, name)

test('a teacher opens the reports on a book from its page, in each language; a pupil sees no menu', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const opened = await openLibrary(t)
  const { library } = opened
  assert.equal((await installFolder(opened, FOLDER)).status, 201)
  const faults: string[] = []
  async function pageOf(member: string): Promise<Page> {
    const context = await browser?.newContext({ viewport: { width: 1200, height: 900 } })
    const page = (await context?.newPage()) ?? assert.fail('no page')
    const [name = '', value = ''] = (await signIn(library, member)).cookie.split('=')
    await page.context().addCookies([{ name, value, url: library.url }])
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text())
    })
    page.on('pageerror', ({ message }) => faults.push(message))
    return page
  }
  const settled = (page: Page) =>
    page.waitForFunction(
      () =>
        document.querySelector(':is(plugbay-slot, plugbay-menu):is(:not(:defined), [aria-busy])') === null,
    )

  const teacher = await pageOf('tomas')
  const MENUS = {
    en: { button: 'Reporting', items: ['Documents', 'Summary', 'Graphs', 'Timeline'] },
    fr: { button: 'Rapports', items: ['Documents', 'Résumé', 'Graphiques', 'Chronologie'] },
    ar: { button: 'تقارير', items: ['رسوم بيانية', 'الجدول الزمني', 'مستندات', 'ملخص'] },
  } as const
  for (const [language, { button, items }] of Object.entries(MENUS)) {
    await teacher.goto(`${library.url}/${language}/books/6`)
    await settled(teacher)
    await teacher.getByRole('button', { name: button }).click()
    assert.deepEqual(await shown(teacher, 'events.reporting'), items)
    const { isInside, isAligned } = await teacher.evaluate((dir) => {
      const menu = document.querySelector('plugbay-menu')
      const list = menu?.shadowRoot?.querySelector('[part=list]')?.getBoundingClientRect()
      const box = menu?.getBoundingClientRect()
      if (!list || !box) return {}
      return {
        isInside: list.left >= 0 && list.right <= innerWidth,
        isAligned: Math.abs(dir === 'ar' ? list.right - box.right : list.left - box.left) < 1,
      }
    }, language)
    assert.deepEqual([isInside, isAligned], [true, true])
  }
  await teacher.goto(`${library.url}/en/books/6`)
  await teacher.getByRole('button', { name: 'Reporting' }).press('ArrowDown')
  await teacher.keyboard.press('ArrowDown')
  await teacher.keyboard.press('Enter')
  await teacher.waitForURL('**/apps/**/engagement-reports/timeline/?book=6')
  await teacher.waitForSelector('#rows li')
  assert.equal(await teacher.textContent('#title'), 'Flatland')

  // The figures of all books are those of the background task, which the reader begins.
  await teacher.goto(`${library.url}/en/books/6`)
  await teacher.getByRole('button', { name: 'Reporting' }).click()
  await teacher.getByRole('link', { name: 'Summary' }).click()
  await teacher.getByText('They have not been added up yet.').waitFor()
  await teacher.getByRole('button', { name: 'Add up now' }).click()
  await teacher.getByText(/times? in all, as of/).waitFor()
  await teacher.waitForSelector('#state[data-state="succeeded"]', { state: 'attached' })
  assert.match(String(await teacher.textContent('#rows li')), /^Flatland: \d+$/)
  assert.match(String(await teacher.textContent('#next')), /^Next at /)

  const pupil = await pageOf('yara')
  await pupil.goto(`${library.url}/en/books/6`)
  await settled(pupil)
  assert.equal(await pupil.locator('plugbay-menu').isVisible(), false)

  const librarian = await pageOf('amina')
  await librarian.goto(`${library.url}/en/sync`)
  await settled(librarian)
  assert.equal(await librarian.locator('plugbay-menu[name="eventstream.sources"]').isVisible(), false)
  await librarian.getByRole('button', { name: 'Reports on members' }).click()
  assert.deepEqual(await shown(librarian, 'credentials.reporting'), ['Documents', 'Members'])
  assert.deepEqual(faults, [])
})
