// The photos in a browser: chosen and dropped, shown small and large, kept, refused and deleted.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Runtime } from '../../runtime/runtime.ts'
import { folderSource, readableFolders, SAMPLES } from '../../runtime/samples/folder-source.ts'
import { serve } from '../../runtime/serve.ts'
import { openBrowser } from '../support/chromium.ts'
import { landscape } from '../support/pictures.ts'
import { startTestRuntime } from '../support/runtime.ts'

/** Where to keep pictures of the page. */
const PICTURES = process.env.PLUGBAY_PICTURES

test('people keep photos in an album', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const source = await folderSource(join(SAMPLES, 'photos'))
  const runtime = await startTestRuntime(t, {
    packageFolders: [...readableFolders(source)],
    config: { limits: { filesBytes: 8_000_000 } },
  })
  await runtime.plugins.upload(source, { actor: 'test', enable: true })
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const origin = `http://127.0.0.1:${listening.port}`
  const faults: string[] = []
  const open = async (name: string): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1100, height: 800 } })
    t.after(() => context.close())
    await context.addCookies([{ name: 'plugbay-session', value: await session(runtime, name), url: origin }])
    const page = await context.newPage()
    page.setDefaultTimeout(20_000)
    page.on('console', (message) => {
      const isAnswer = message.text().startsWith('Failed to load resource: the server responded')
      if (message.type() === 'error' && !isAnswer) faults.push(message.text())
    })
    page.on('pageerror', ({ message }) => faults.push(message))
    await page.goto(`${origin}/plugins/photos/`)
    await page.getByText('used').waitFor()
    return page
  }
  const choose = (page: Page, name: string, buffer: Buffer, mimeType = 'image/png') =>
    page.locator('#files').setInputFiles([{ name, mimeType, buffer }])
  /** Of the pictures in the grid; waits until each is shown. */
  const widths = async (page: Page, count: number) => {
    await page.waitForFunction((wanted) => {
      const images = [...document.querySelectorAll<HTMLImageElement>('#photos img')]
      return images.length === wanted && images.every(({ naturalWidth }) => naturalWidth > 0)
    }, count)
    return await page
      .locator('#photos img')
      .evaluateAll((images) => images.map((image) => (image as HTMLImageElement).naturalWidth))
  }

  const ada = await open('Ada')
  await ada.getByText('No photos yet').waitFor()
  const large = landscape(1280, 960, { grain: 255 })
  assert.ok(large.length > 3_000_000, `${large.length} bytes`)
  await choose(ada, 'Morning.png', large)
  assert.deepEqual(await widths(ada, 1), [640], 'the grid has small pictures')
  await ada.getByText('of 8 MB used').waitFor()

  // Dropped, together with a text.
  const bytes = [...landscape(800, 600, { hue: 2 })]
  const dropped = await ada.evaluateHandle((content) => {
    const transfer = new DataTransfer()
    transfer.items.add(
      new File([new Uint8Array(content)], 'Evening.png', { type: 'image/png', lastModified: 1 }),
    )
    transfer.items.add(new File(['no pixels'], 'notes.txt', { type: 'text/plain' }))
    return transfer
  }, bytes)
  await ada.locator('body').dispatchEvent('drop', { dataTransfer: dropped })
  assert.equal((await widths(ada, 2)).length, 2)
  await ada.getByText('"notes.txt" is no picture that this browser can read.').waitFor()

  // There is no room for more of them; a small one is taken.
  await choose(ada, 'Huge.png', landscape(2000, 1500, { grain: 255 }))
  await ada.getByText(/"Huge\.png" was not kept: .* more than the 8000000 bytes/).waitFor()

  await ada.reload()
  await widths(ada, 2)
  await ada.getByRole('button', { name: 'Morning.png' }).click()
  const viewer = ada.getByRole('dialog')
  await viewer.getByText('1280 × 960').waitFor()
  await ada.waitForFunction(
    () => document.querySelector<HTMLImageElement>('#viewer-photo')?.naturalWidth === 1280,
  )
  await ada.keyboard.press('ArrowRight')
  await viewer.getByText('800 × 600').waitFor()
  await viewer.getByRole('button', { name: 'Close' }).click()

  // Another user sees them, and may not delete them.
  const bob = await open('Bob')
  await widths(bob, 2)
  await bob.getByRole('button', { name: 'Evening.png' }).click()
  await bob.getByRole('dialog').getByText('Ada').waitFor()
  assert.equal(await bob.getByRole('dialog').getByRole('button', { name: 'Delete' }).isVisible(), false)
  const refused = await bob.evaluate(async () => {
    const { photos } = await (await fetch('api/photos')).json()
    const answer = await fetch(`api/photos/Ada/${photos[0].id}`, { method: 'DELETE' })
    return [answer.status, await answer.json()]
  })
  assert.deepEqual(refused, [403, { error: 'Only its owner may change a photo' }])

  await ada.getByRole('button', { name: 'Evening.png' }).click()
  ada.once('dialog', (dialog) => dialog.accept())
  await viewer.getByRole('button', { name: 'Delete' }).click()
  await widths(ada, 1)
  assert.deepEqual(faults, [])
  if (PICTURES !== undefined) await take(ada)
})

async function session(runtime: Runtime, name: string): Promise<string> {
  const { principals } = runtime.store
  const { record } = await principals.addToken(
    { name, permissions: [] },
    { actor: 'test', action: 'token.create' },
  )
  return await principals.addSession(record.id, 3_600_000)
}

async function take(page: Page): Promise<void> {
  for (let hue = 0; hue < 9; hue++)
    await page.locator('#files').setInputFiles([
      {
        name: `Hill ${hue}.png`,
        mimeType: 'image/png',
        buffer: landscape(600 + hue * 40, 500 + (hue % 3) * 120, { hue: hue / 2 }),
      },
    ])
  await page.locator('#photos li').nth(9).waitFor()
  await page.context().setOffline(true)
  await page.locator('#files').setInputFiles([
    {
      name: 'A long name of a hill in the evening.png',
      mimeType: 'image/png',
      buffer: landscape(700, 500),
    },
  ])
  await page.locator('#sending li').waitFor()
  await page.setViewportSize({ width: 360, height: 760 })
  await page.screenshot({ path: `${PICTURES}/photos-sending.png` })
  await page.getByRole('button', { name: /^Stop/ }).click()
  await page.context().setOffline(false)
  for (const [name, width, colorScheme] of [
    ['light', 1100, 'light'],
    ['dark', 1100, 'dark'],
    ['phone', 360, 'light'],
    ['phone-dark', 360, 'dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme })
    await page.setViewportSize({ width, height: 760 })
    await page.screenshot({ path: `${PICTURES}/photos-${name}.png` })
    await page.getByRole('button', { name: 'Hill 4.png' }).click()
    await page.waitForFunction(
      () => (document.querySelector<HTMLImageElement>('#viewer-photo')?.naturalWidth ?? 0) > 0,
    )
    await page.screenshot({ path: `${PICTURES}/photos-viewer-${name}.png` })
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
  }
}
