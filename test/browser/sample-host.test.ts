// The sample host and its school pack in a browser: left to right and right to left, with nothing in the console.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { installRelease, openLibrary } from '../sample-plugins/library.ts'
import { openBrowser } from '../support/chromium.ts'
import { until } from '../support/runtime.ts'

test('a reader who chose Arabic sees the library and the page of a plugin from right to left, in French from left to right', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const { library, headers } = await openLibrary(t)
  await installRelease({ library, headers }, '2.0.0')
  const page = await browser.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  page.on('pageerror', ({ message }) => faults.push(message))
  const look = (selector: string) =>
    page.evaluate((of) => {
      const { lang, dir } = document.documentElement
      const element = document.querySelector(of)
      const isAtEnd = (element?.getBoundingClientRect().left ?? 0) > innerWidth / 2
      return { lang, dir, text: element?.textContent, isAtEnd }
    }, selector)

  await page.goto(`${library.url}/ar/books/6`)
  await page.goto(`${library.url}/ar/`)
  assert.deepEqual(await look('.brand'), { lang: 'ar', dir: 'rtl', text: 'Baobab', isAtEnd: true })
  // Without a language in the address: the choice in the library counts.
  await page.goto(`${library.url}/apps/plugins/school-pack/`)
  await page.waitForSelector('#books small')
  assert.equal(page.url(), `${library.url}/apps/ar/plugins/school-pack/`)
  assert.deepEqual(await look('#books strong'), { lang: 'ar', dir: 'rtl', text: 'Flatland', isAtEnd: true })
  assert.equal((await look('#books small')).text, 'فُتح مرة واحدة')
  await page.goto(`${library.url}/apps/fr/plugins/school-pack/`)
  await page.waitForSelector('#books small')
  assert.deepEqual(await look('#books strong'), { lang: 'fr', dir: 'ltr', text: 'Flatland', isAtEnd: false })
  assert.deepEqual(faults, [])
})

test('bundles of a plugin are on the pages of the library, in its direction: one in a frame as tall as it is, one in the page', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const { library, headers } = await openLibrary(t)
  await installRelease({ library, headers }, '2.0.0')
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } })
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  page.on('pageerror', ({ message }) => faults.push(message))
  const settled = () =>
    page.waitForFunction(
      () => document.querySelector('plugbay-slot:not(:defined), plugbay-slot[aria-busy]') === null,
    )

  const SAYS = {
    en: { week: 'This week at our school', record: 'Opened once in the last seven days', dir: 'ltr' },
    ar: { week: 'هذا الأسبوع في مدرستنا', record: 'فُتح مرتين في الأيام السبعة الأخيرة', dir: 'rtl' },
  } as const
  for (const [language, { week, record, dir }] of Object.entries(SAYS)) {
    await page.goto(`${library.url}/${language}/books/6`)
    await settled()
    const inPage = await page.evaluate(() => {
      const part = document.querySelector('plugbay-slot')?.shadowRoot?.querySelector('[lang]')
      const root = part?.shadowRoot?.querySelector('.record')
      const [text, days] = root?.children ?? []
      const leftOf = (element: Element | undefined) => element?.getBoundingClientRect().left ?? 0
      const title = document.querySelector('.book h1')
      const range = document.createRange()
      if (title !== null) range.selectNodeContents(title)
      const { left, right } = range.getBoundingClientRect()
      const box = title?.getBoundingClientRect()
      const today = days?.lastElementChild
      return {
        text: text?.lastChild?.textContent,
        isTextFirst: leftOf(text) < leftOf(days),
        // An English title, also on a page that runs the other way.
        titleIsAt: [left - (box?.left ?? 0) < 2 && 'left', (box?.right ?? 0) - right < 2 && 'right'],
        colour: today && getComputedStyle(today, '::before').backgroundColor,
        accent: getComputedStyle(document.querySelector('.leaf') ?? document.body).backgroundColor,
      }
    })
    assert.equal(inPage.text, record)
    assert.equal(inPage.isTextFirst, dir === 'ltr')
    assert.deepEqual(inPage.titleIsAt, dir === 'ltr' ? ['left', false] : [false, 'right'])
    // The accent of the library: custom properties reach into the part.
    assert.deepEqual(inPage.accent, 'rgb(11, 110, 79)')
    assert.match(String(inPage.colour), /0\.043\d* 0\.431\d* 0\.309/)

    await page.goto(`${library.url}/${language}/`)
    await settled()
    const frame = page.frames().find((each) => each !== page.mainFrame()) ?? assert.fail('no frame')
    const content = await frame.evaluate(() => {
      const heading = document.querySelector('h2')
      const book = document.querySelector('li strong')
      const leftOf = (element: Element | null) => element?.getBoundingClientRect().left ?? 0
      return {
        text: heading?.textContent,
        dir: document.documentElement.dir,
        isHeadingFirst: leftOf(heading) < leftOf(book),
        book: book?.textContent,
        height: Math.ceil(document.documentElement.getBoundingClientRect().height),
      }
    })
    const { height, ...rest } = content
    assert.deepEqual(rest, { text: week, dir, isHeadingFirst: dir === 'ltr', book: 'Flatland' })
    const element = await frame.frameElement()
    await until(
      'the frame is as tall as its content',
      async () => (await element.boundingBox())?.height === height,
    )
  }
  assert.deepEqual(faults, [])
})
