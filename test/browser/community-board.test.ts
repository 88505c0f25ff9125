// The community board in a browser: a notice is posted in a sandboxed frame, and joined in the page of its book, in both directions.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { installPacked, openLibrary, signIn } from '../sample-plugins/library.ts'
import { openBrowser } from '../support/chromium.ts'

const FOLDER = join(import.meta.dirname, '../../sample-plugins/community-board')

test('members post on the first page and beside a book, and join, from left to right and from right to left', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const opened = await openLibrary(t)
  const { library } = opened
  assert.equal((await installPacked(opened, FOLDER)).status, 201)
  const faults: string[] = []
  const pageOf = async (member: string) => {
    const context = await browser.newContext({ viewport: { width: 1200, height: 900 } })
    t.after(() => context.close())
    const [name = '', value = ''] = (await signIn(library, member)).cookie.split('=')
    await context.addCookies([{ name, value, url: library.url }])
    const page = await context.newPage()
    page.on('console', (message) => {
      if (message.type() === 'error') faults.push(message.text())
    })
    page.on('pageerror', ({ message }) => faults.push(message))
    return page
  }

  const yara = await pageOf('yara')
  await yara.goto(`${library.url}/en/`)
  const frame = yara.frameLocator('plugbay-slot iframe')
  await frame.locator('h2').waitFor()
  assert.equal(await frame.locator('.none').innerText(), 'No notices yet. Write the first one.')
  await frame.locator('.field').fill('<b>Chess</b> on Friday')
  await frame.locator('.field').press('Enter')
  assert.equal(await frame.locator('.text').innerText(), '<b>Chess</b> on Friday')
  await yara.goto(`${library.url}/en/books/6`)
  await yara.locator('.together .field').fill('Who reads it with me?')
  await yara.locator('.together .post').click()
  await yara.locator('.together .text').waitFor()
  // It wraps what the library says, which stays.
  assert.equal(await yara.getByText('A square learns of the third dimension.').isVisible(), true)

  const tomas = await pageOf('tomas')
  await tomas.goto(`${library.url}/ar/books/6`)
  const section = tomas.locator('.together')
  await section.getByRole('button', { name: 'انضم' }).click()
  await section.getByText('انضم واحد').waitFor()
  const edges = await section.evaluate((element) => {
    const start = (selector: string) => element.querySelector(selector)?.getBoundingClientRect().left ?? 0
    return { companions: start('.companions'), button: start('.quiet') }
  })
  assert.ok(edges.companions > edges.button, 'the row runs from right to left')
  await tomas.goto(`${library.url}/ar/`)
  const board = tomas.frameLocator('plugbay-slot iframe')
  assert.equal(await board.locator('h2').innerText(), 'لوحة المجتمع')
  assert.equal(await board.locator('.notice').count(), 2)
  assert.deepEqual(faults, [])
})
