import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { describe, it } from 'node:test'
import type { Page, Response } from 'playwright-core'
import { LANGUAGES } from '../../runtime/admin-ui/src/languages/languages.ts'
import { skipWithoutChromium } from '../support/chromium.ts'
import { barriers } from './barriers.ts'
import { EVERY_PAGE, openAt, prepareEveryPage } from './every-page.ts'
import { pageSuite } from './page-suite.ts'

const ASSETS = new URL('../../runtime/admin-ui/dist/assets/', import.meta.url)

/** Bytes of scripts and styles together, as a browser gets them. */
const FIRST_LOAD = 200_000
const FIRST_FILES = 6

/** Of the file that was sent, as the build has compressed it. */
async function sentSize(response: Response): Promise<number> {
  assert.equal((await response.allHeaders())['content-encoding'], 'br')
  const name = new URL(response.url()).pathname.split('/').at(-1) ?? ''
  return (await stat(new URL(`${name}.br`, ASSETS))).size
}

function choose(page: Page, language: string): Promise<void> {
  return page.evaluate((code) => localStorage.setItem('plugbay-language', code), language)
}

/** Parts of the header that reach out of the screen or of their own box, or lie over each other. */
function clipped(page: Page): Promise<readonly string[]> {
  return page.locator('header').evaluate((header) => {
    const parts = [...header.querySelectorAll<HTMLElement>('a, button, select, .appear-late')].filter(
      (part) => part.getClientRects().length > 0,
    )
    const isOver = (one: DOMRect, other: DOMRect) => one.left < other.right - 1 && other.left < one.right - 1
    return parts.flatMap((part, index) => {
      const box = part.getBoundingClientRect()
      const name = part.getAttribute('aria-label') ?? part.textContent ?? ''
      const next = parts
        .slice(index + 1)
        .find((other) => !part.contains(other) && isOver(box, other.getBoundingClientRect()))
      return [
        ...(box.left < 0 || box.right > innerWidth ? [`${name}: from ${box.left} to ${box.right}`] : []),
        ...(part.scrollWidth > part.clientWidth + 1 ? [`${name}: its text is cut`] : []),
        ...(next === undefined
          ? []
          : [`${name}: over ${next.getAttribute('aria-label') ?? next.textContent}`]),
      ]
    })
  })
}

describe('how the admin page looks', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({ prepare: prepareEveryPage })

  it(
    'no page is wider than a narrow screen',
    suite.run(async ({ page, admin }) => {
      await page.setViewportSize({ width: 360, height: 740 })
      for (const { address } of EVERY_PAGE) {
        await openAt(page, `${admin}${address}`)
        const width = await page.evaluate(() => document.documentElement.scrollWidth)
        assert.ok(width <= 360, `"${address}" is ${width} pixels wide`)
      }
    }),
  )

  it(
    'nothing in the header is clipped on a narrow screen, in any language, connected or not',
    suite.run(async ({ page, admin }) => {
      await page.setViewportSize({ width: 360, height: 740 })
      for (const isConnected of [true, false]) {
        if (!isConnected) await page.route(/\/api\/v1\/events/, (route) => route.fulfill({ status: 503 }))
        for (const language of Object.keys(LANGUAGES)) {
          await choose(page, language)
          await page.goto('about:blank')
          await openAt(page, `${admin}#/`)
          if (!isConnected) await page.locator('header .appear-late').waitFor()
          assert.deepEqual(
            await clipped(page),
            [],
            `${language}, ${isConnected ? 'connected' : 'not connected'}`,
          )
        }
      }
    }),
  )

  it(
    'on a narrow screen the navigation opens, leads to a page and closes',
    suite.run(async ({ page }) => {
      await page.setViewportSize({ width: 360, height: 740 })
      await page.getByRole('button', { name: 'Open the navigation' }).click()
      await page.getByRole('link', { name: 'Audit' }).click()
      await page.getByRole('heading', { name: 'Audit' }).waitFor()
      await page.getByRole('button', { name: 'Open the navigation' }).waitFor()
    }),
  )

  it(
    'no page has a barrier for anybody, in light and dark',
    suite.run(async ({ page, admin }) => {
      const found: string[] = []
      for (const { address } of EVERY_PAGE) {
        await openAt(page, `${admin}${address}`)
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
          await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor()
          found.push(...(await barriers(page)).map((barrier) => `${address}, ${colorScheme}: ${barrier}`))
        }
      }
      assert.deepEqual(found, [])
    }),
  )

  it(
    'light and dark follow the system until somebody chooses',
    suite.run(async ({ page }) => {
      const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme')
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.locator('html[data-mantine-color-scheme=dark]').waitFor()
      await page.getByLabel('Colours').selectOption('Light')
      assert.equal(await scheme(), 'light')
      await page.reload()
      await page.getByRole('heading', { name: 'Plugins' }).waitFor()
      assert.equal(await scheme(), 'light')
    }),
  )

  it(
    'a reader chooses the language, which turns the page round where it is written from the right, and stays',
    suite.run(async ({ page }) => {
      await page.getByLabel('Language').selectOption('ar')
      await page.locator('html[lang=ar][dir=rtl]').waitFor()
      await page.getByRole('heading', { name: 'الإضافات' }).waitFor()
      const [navigation, content] = await Promise.all(
        ['nav', 'main h1'].map(async (part) => (await page.locator(part).first().boundingBox())?.x ?? 0),
      )
      assert.ok((navigation ?? 0) > (content ?? 0), 'the navigation is on the right')
      await page.reload()
      await page.locator('html[dir=rtl]').waitFor()
      assert.deepEqual(await barriers(page), [])
    }),
  )

  it(
    'a first load stays small, in every language',
    suite.run(async ({ page, admin }) => {
      const browser = await page.context().newCDPSession(page)
      await browser.send('Network.setCacheDisabled', { cacheDisabled: true })
      for (const language of Object.keys(LANGUAGES)) {
        await choose(page, language)
        const loaded: Response[] = []
        const note = (response: Response) => {
          if (/\/assets\/.*\.(?:js|css)$/.test(response.url())) loaded.push(response)
        }
        page.on('response', note)
        await page.goto('about:blank')
        await openAt(page, `${admin}#/`)
        await page.waitForLoadState('networkidle')
        page.off('response', note)
        const sizes = await Promise.all(loaded.map(sentSize))
        const size = sizes.reduce((sum, each) => sum + each, 0)
        assert.ok(size > 50_000, 'the files were weighed')
        assert.ok(sizes.length <= FIRST_FILES, `${sizes.length} files in "${language}"`)
        assert.ok(size <= FIRST_LOAD, `${size} bytes in ${sizes.length} files in "${language}"`)
      }
    }),
  )

  it(
    'the main job can be done with the keyboard alone',
    suite.run(async ({ page, runtime }) => {
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      assert.equal(
        await page.evaluate(() => document.activeElement?.id),
        'main',
        'the skip link leads to the content',
      )
      await page.getByRole('link', { name: 'Guestbook', exact: true }).focus()
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Disable' }).press('Enter')
      await page.locator('[data-state=disabled]').waitFor()
      assert.equal((await runtime.plugins.get('guestbook')).enabled, false)
      await page.getByRole('tab', { name: 'Overview' }).focus()
      await page.keyboard.press('ArrowRight')
      await page.getByText('The package has no README').waitFor()
      await page.keyboard.press('ArrowRight')
      await page.getByText('A permission that is off does not exist').waitFor()
    }),
  )
})
