// The page "Development" of a plugin, on the server of "plugbay dev".

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { skipWithoutChromium, startChromium } from '../support/chromium.ts'
import { sharedScope } from '../support/scope.ts'
import { barriers } from './barriers.ts'
import { openPage, type WatchedPage } from './browser.ts'
import {
  DEVELOPMENT_VIEWS,
  openView,
  SHOP_BACKEND,
  SHOP_MANIFEST,
  type Shop,
  startShop,
  visitShop,
} from './development.ts'
import { openAt, shownFrame } from './every-page.ts'

describe('the page "Development"', { skip: skipWithoutChromium }, () => {
  const scope = sharedScope()
  let shop: Shop
  let browser: Browser
  let watched: WatchedPage
  let page: Page

  before(async () => {
    ;[shop, browser] = await Promise.all([startShop(scope), startChromium()])
    scope.after(() => browser.close())
    watched = await openPage(browser, shop.url)
    ;({ page } = watched)
    await page.goto(shop.adminUrl)
    await page.getByRole('heading', { level: 1 }).waitFor()
  })

  after(() => {
    // The frame of the plugin's page is of its own origin.
    const own = `asked for ${new URL(shop.dev.url).origin}/`
    assert.deepEqual(
      watched.complaints.filter((complaint) => !complaint.startsWith(own)),
      [],
    )
  })

  it('shows a request as it comes, with its host calls, its lines in the log and its headers', async () => {
    await openAt(page, `${shop.url}admin/#/plugins/shop`)
    await page.getByRole('tab', { name: 'Development' }).click()
    await page.getByText('what it asks for appears here').waitFor()
    await page.getByText('Live', { exact: true }).waitFor()
    await visitShop(shop.dev)
    const call = page.locator('[data-call]', { hasText: 'GET /prices?all' })
    await call.getByText('2 host calls').waitFor()
    await call.getByText('1 line').waitFor()
    await call.locator('summary').first().focus()
    await page.keyboard.press('Enter')
    await call.locator('[data-host-call="kv.get"]', { hasText: '"tea"' }).waitFor()
    await call.locator('[data-host-call="db.query"]', { hasText: 'FROM sales' }).waitFor()
    await call.getByText('prices are asked for').waitFor()
    await call.getByText('Headers of the response').click()
    await call.getByText('application/json').waitFor()
  })

  it('finds calls by their words, and those that failed', async () => {
    const shown = () => page.locator('[data-call] > summary .call-title').allInnerTexts()
    await page.getByLabel('Only what failed').check()
    assert.deepEqual(await shown(), ['GET /nothing', 'GET /rates', 'GET /photo'])
    await page.getByLabel('Search the calls').fill('rates.example')
    assert.deepEqual(await shown(), ['GET /rates'])
    await page.getByLabel('Only what failed').uncheck()
    await page.getByLabel('Search the calls').fill('')
    await page.getByRole('button', { name: 'Clear' }).click()
    await page.getByText('what it asks for appears here').waitFor()
  })

  it('shows a request that did not reach the plugin, with status, code and reason', async () => {
    assert.equal((await shop.dev.get('/prices.css')).status, 404)
    const refused = page.locator('[data-call]', { hasText: 'GET /prices.css' })
    await refused.getByText('404 NOT_FOUND').waitFor()
    await refused.getByText('Did not reach the plugin').waitFor()
    await refused.locator('summary').first().click()
    await refused.getByText('The frontend has no file "prices.css"').waitFor()
    await page.getByRole('button', { name: 'Clear' }).click()
  })

  it('suggests a manifest with what was refused, without what was never used', async () => {
    await page.getByText('Use of permissions').click()
    const lacking = page.getByRole('region', { name: 'Used but not asked for' })
    await lacking.locator('[data-piece=files]').waitFor()
    await lacking.locator('[data-piece=network]', { hasText: 'https://rates.example' }).waitFor()
    const unused = page.getByRole('region', { name: 'Asked for but never used' })
    await unused.locator('[data-piece=tasks]').waitFor()
    await unused.locator('[data-piece=network]', { hasText: 'https://old-rates.example' }).waitFor()
    await watched.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: shop.url })
    await page.getByRole('button', { name: 'Copy "permissions"' }).click()
    const copied = await page.evaluate(() => navigator.clipboard.readText())
    const { permissions } = JSON.parse(`{${copied}}`)
    assert.deepEqual(permissions, {
      kv: true,
      database: true,
      network: ['https://rates.example'],
      files: true,
    })

    const manifest = {
      manifestVersion: 1,
      id: 'shop',
      version: '1.0.0',
      access: 'public',
      ...SHOP_MANIFEST,
      permissions,
    }
    await shop.dev.save({ 'manifest.json': JSON.stringify(manifest) })
    await page.getByText('The plugin has used nothing that its manifest does not ask for.').waitFor()
  })

  it('a value that is changed is what the plugin reads, and what it has changed meanwhile is kept', async () => {
    assert.equal((await shop.dev.get('/api/open')).status, 200)
    await page.getByText('Storage', { exact: true }).click()
    const keys = page.getByRole('region', { name: 'Keys and values' })
    await keys.getByLabel('Begin of the key').fill('te')
    await keys.locator('[data-key=opening-hours]').waitFor({ state: 'detached' })
    await keys.getByRole('button', { name: 'tea' }).click()
    const dialog = page.getByRole('dialog')
    assert.equal(await dialog.getByLabel('Value').inputValue(), '250')
    await dialog.getByLabel('Value').fill('275')
    await dialog.getByRole('button', { name: 'Store' }).click()
    await page.getByText('"tea" is stored').waitFor()
    assert.deepEqual(await (await shop.dev.get('/api/prices')).json(), { tea: '275', sold: 2 })

    await keys.getByRole('button', { name: 'tea' }).click()
    await dialog.getByLabel('Value').fill('300')
    assert.equal((await shop.dev.get('/api/open')).status, 200)
    await dialog.getByRole('button', { name: 'Store' }).click()
    await page.getByText('has changed meanwhile').first().waitFor()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    assert.equal((await (await shop.dev.get('/api/prices')).json()).tea, '250')
  })

  it('shows the rows of tables, saves files, and deletes them', async () => {
    const table = page.getByRole('region', { name: 'Rows of "sales"' })
    await page.getByRole('combobox', { name: 'Table' }).click()
    await page.getByRole('option', { name: 'sales' }).click()
    await table.getByText('coffee').waitFor()
    assert.deepEqual(await table.getByRole('row').allInnerTexts(), [
      'id\tarticle\tcents\tseal',
      "1\ttea\t250\tx'0102'",
      '2\tcoffee\t300\tNULL',
    ])
    assert.equal((await shop.dev.get('/api/take-photo')).status, 200)
    await page.getByRole('button', { name: 'Read again' }).click()
    const photo = page.locator('[data-file="photos/shop.txt"]')
    const saving = page.waitForEvent('download')
    await photo.getByRole('link').click()
    const saved = await saving
    assert.equal(saved.suggestedFilename(), 'shop.txt')
    assert.equal(await readFile(await saved.path(), 'utf8'), 'a photo')
    await photo.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await photo.waitFor({ state: 'detached' })
  })

  it('a page in the shell loads anew when a file is saved, and shows what is wrong', async () => {
    await openAt(page, `${shop.url}admin/#/p/shop/`)
    const frame = shownFrame(page)
    await frame.locator('html[data-made=first]').waitFor()
    await shop.dev.save({ 'frontend/app.js': 'document.documentElement.dataset.made = "second"' })
    await frame.locator('html[data-made=second]').waitFor()
    await shop.dev.save({ 'backend/index.js': 'export default { fetch( }' })
    await frame.locator('plugbay-problems .problem').waitFor()
    await shop.dev.save({ 'backend/index.js': SHOP_BACKEND })
    await frame.locator('plugbay-problems').waitFor({ state: 'detached' })
  })

  it('has no barrier, and is not wider than a narrow screen, in light and dark', async () => {
    assert.equal((await shop.dev.get('/api/prices')).status, 200)
    const found: string[] = []
    for (const colorScheme of ['light', 'dark'] as const)
      for (const view of DEVELOPMENT_VIEWS) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
        await page.setViewportSize({ width: 360, height: 740 })
        await openView(page, shop.url, view)
        const width = await page.evaluate(() => document.documentElement.scrollWidth)
        if (width > 360) found.push(`${view.name} is ${width} pixels wide`)
        found.push(...(await barriers(page)).map((barrier) => `${view.name} ${barrier}`))
      }
    assert.deepEqual(found, [])
  })
})
