import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { install } from '../support/runtime.ts'
import { skipWithoutChromium } from './browser.ts'
import { pageSuite } from './page-suite.ts'
import { installGuestbook, quarantineGreedy, USB_BACKUP } from './plugins.ts'

const ADDRESSES = [
  '',
  '#/plugins/greedy-plugin',
  '#/plugins/usb-backup/permissions',
  '#/plugins/guestbook/settings',
  '#/plugins/guestbook/log',
  '#/plugins/guestbook/releases',
]

describe('how the admin page looks', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({
    async prepare(runtime) {
      await installGuestbook(runtime)
      await install(runtime, USB_BACKUP)
      await quarantineGreedy(runtime)
    },
  })

  it(
    'nothing is wider than a narrow screen',
    suite.run(async ({ page, admin }) => {
      await page.setViewportSize({ width: 360, height: 740 })
      for (const address of ADDRESSES) {
        await page.goto(`${admin}${address}`)
        await page.getByRole('heading').first().waitFor()
        const width = await page.evaluate(() => document.documentElement.scrollWidth)
        assert.ok(width <= 360, `"${address}" is ${width} pixels wide`)
      }
    }),
  )

  it(
    'light and dark follow the system until somebody chooses',
    suite.run(async ({ page }) => {
      const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme')
      await page.emulateMedia({ colorScheme: 'dark' })
      await page.locator('html[data-mantine-color-scheme=dark]').waitFor()
      await page.getByRole('button', { name: 'Colours: As the system' }).click()
      await page.getByRole('menuitem', { name: 'Light' }).click()
      assert.equal(await scheme(), 'light')
      await page.reload()
      await page.getByRole('heading', { name: 'Plugins' }).waitFor()
      assert.equal(await scheme(), 'light')
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
      await page.getByText('A permission that is off does not exist').waitFor()
      const unnamed = await page
        .locator('button:visible')
        .evaluateAll((buttons) =>
          buttons
            .filter((button) => !button.getAttribute('aria-label') && !button.textContent?.trim())
            .map((b) => b.outerHTML),
        )
      assert.deepEqual(unnamed, [], 'every button has a name')
    }),
  )
})
