// Takes pictures of every page of the admin application, light and dark, and on a narrow screen, into the folder of the first argument:
// npm run screenshots -- <folder>

import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { ensureAdminPage } from '../../runtime/admin-ui/build.ts'
import { SAMPLES } from '../../runtime/samples/folder-source.ts'
import { serve } from '../../runtime/serve.ts'
import { startChromium } from '../support/chromium.ts'
import { startTestRuntime } from '../support/runtime.ts'
import { Closers } from '../support/scope.ts'
import { openPage } from './browser.ts'
import { DEVELOPMENT_VIEWS, openView, startShop, visitShop } from './development.ts'
import { EVERY_PAGE, openAt, prepareEveryPage } from './every-page.ts'
import { ENVIRONMENT, FAILS_QUICKLY } from './plugins.ts'

const VIEWS = [
  { name: 'light', width: 1100, colorScheme: 'light', language: 'en' },
  { name: 'dark', width: 1100, colorScheme: 'dark', language: 'en' },
  { name: 'narrow', width: 360, colorScheme: 'light', language: 'en' },
  { name: 'arabic', width: 1100, colorScheme: 'light', language: 'ar' },
] as const

const [folder = 'screenshots', only] = process.argv.slice(2)
const scope = new Closers()
try {
  await ensureAdminPage()
  await mkdir(folder, { recursive: true })
  const runtime = await startTestRuntime(scope, {
    environment: ENVIRONMENT,
    config: { sandbox: FAILS_QUICKLY },
    packageFolders: [SAMPLES],
  })
  await prepareEveryPage(runtime)
  const server = await serve(runtime)
  scope.after(() => server.close(0))
  const origin = `http://127.0.0.1:${server.port}`
  const browser = await startChromium()
  scope.after(() => browser.close())
  for (const { name: view, width, colorScheme, language } of VIEWS) {
    const { page, context } = await openPage(browser, origin)
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.addInitScript((code) => localStorage.setItem('plugbay-language', code), language)
    await page.goto(`${origin}/admin/#code=${runtime.adminCode()}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    for (const { name, address } of EVERY_PAGE) {
      if (only !== undefined && only !== name) continue
      await openAt(page, `${origin}/admin/${address}`)
      await page.screenshot({ path: join(folder, `${name}-${view}.png`) })
    }
    await context.close()
  }
  await takeDevelopment(browser)
} finally {
  await scope.close()
}

/** On a server of its own: only that of "plugbay dev" has this page. */
async function takeDevelopment(browser: Browser): Promise<void> {
  if (only !== undefined && !DEVELOPMENT_VIEWS.some(({ name }) => name === only)) return
  const { dev, url, adminUrl } = await startShop(scope)
  await visitShop(dev)
  assert.equal((await dev.get('/api/open')).status, 200)
  const { page } = await openPage(browser, url)
  await page.goto(adminUrl)
  await page.getByRole('heading', { level: 1 }).waitFor()
  for (const { name: view, width, colorScheme, language } of VIEWS) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.evaluate((code) => localStorage.setItem('plugbay-language', code), language)
    await page.reload()
    for (const shown of DEVELOPMENT_VIEWS) {
      if (only !== undefined && only !== shown.name) continue
      await openView(page, url, shown)
      await page.screenshot({ path: join(folder, `${shown.name}-${view}.png`) })
    }
  }
}
