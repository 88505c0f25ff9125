// Takes pictures of every page of the admin application, light, dark, narrow and in Arabic, into the folder of the first argument:
// npm run screenshots -- <folder>; or, with --docs in place of it, those of the documentation again.

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
import { takeBackup } from './backup-picture.ts'
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

/** Of the documentation, by the name of the page here. */
const IN_DOCS: Readonly<Record<string, string>> = {
  plugins: 'admin',
  development: 'development',
  'usb-backup': 'usb-backup',
}

const [folder = 'screenshots', only] = process.argv.slice(2)
const isForDocs = folder === '--docs'
const scope = new Closers()
try {
  await ensureAdminPage()
  if (!isForDocs) await mkdir(folder, { recursive: true })
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
      const path = fileOf(name, view)
      if (path === undefined) continue
      await openAt(page, `${origin}/admin/${address}`)
      await page.screenshot({ path })
    }
    await context.close()
  }
  await takeDevelopment(browser)
  const path = fileOf('usb-backup', 'light')
  if (path !== undefined) await takeBackup({ scope, browser, path })
} finally {
  await scope.close()
}

/** Undefined for a picture that is not asked for. */
function fileOf(name: string, view: (typeof VIEWS)[number]['name']): string | undefined {
  if (only !== undefined && only !== name) return undefined
  if (!isForDocs) return join(folder, `${name}-${view}.png`)
  const inDocs = IN_DOCS[name]
  return inDocs === undefined || view !== 'light' ? undefined : join('docs', `${inDocs}.png`)
}

/** On a server of its own: only that of "plugbay dev" has this page. */
async function takeDevelopment(browser: Browser): Promise<void> {
  if (only !== undefined && !DEVELOPMENT_VIEWS.some(({ name }) => name === only)) return
  const { dev, url, adminUrl } = await startShop(scope)
  await visitShop(dev)
  assert.equal((await dev.get('/api/open')).status, 200)
  assert.equal((await dev.get('/prices.css')).status, 404)
  const { page } = await openPage(browser, url)
  await page.goto(adminUrl)
  await page.getByRole('heading', { level: 1 }).waitFor()
  for (const { name: view, width, colorScheme, language } of VIEWS) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.evaluate((code) => localStorage.setItem('plugbay-language', code), language)
    await page.reload()
    for (const shown of DEVELOPMENT_VIEWS) {
      const path = fileOf(shown.name, view)
      if (path === undefined) continue
      await openView(page, url, shown)
      await page.screenshot({ path })
    }
  }
}
