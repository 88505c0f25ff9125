// The media of the sample host in a browser: actions with their forms, problems at their fields, files that are chosen, and tasks live.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { installFolder, openLibrary, signIn } from '../sample-plugins/library.ts'
import { MEDIA_TOOLS } from '../sample-plugins/media-library.ts'
import { openBrowser } from '../support/chromium.ts'
import { until } from '../support/runtime.ts'

test('a librarian runs actions on a book, a folder, a file and several files, and follows their tasks', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const opened = await openLibrary(t)
  const { library } = opened
  assert.equal((await installFolder(opened, MEDIA_TOOLS)).status, 201)
  const faults: string[] = []
  const pageOf = async (member: string): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width: 1360, height: 900 } })
    t.after(() => context.close())
    const [name = '', value = ''] = (await signIn(library, member)).cookie.split('=')
    await context.addCookies([{ name, value, url: library.url }])
    const page = await context.newPage()
    page.on('console', (message) => {
      // A refusal is an answer with a status of its own, which Chromium reports.
      if (message.type() === 'error' && !/\b(422|404)\b/.test(message.text()))
        faults.push(`${message.text()} ${message.location().url}`)
    })
    page.on('pageerror', ({ message }) => faults.push(message))
    return page
  }
  const shot = async (page: Page, name: string) => {
    const folder = process.env.PLUGBAY_SCREENSHOTS
    if (folder !== undefined) await page.screenshot({ path: `${folder}/${name}.png` })
  }
  const action = (page: Page, title: string) => page.locator('details.action', { hasText: title })

  const page = await pageOf('amina')
  await page.goto(`${library.url}/en/books/6`)
  const cover = action(page, 'Make a cover text')
  await cover.locator('> summary').click()
  assert.equal(await cover.locator('.advanced .field').first().isVisible(), false)
  await cover.getByLabel('Subtitle').fill('A romance of incomprehensibilities')
  await cover.locator('.advanced > summary').click()
  await cover.getByLabel('Characters in a line').fill('20')
  await cover.getByRole('button', { name: 'Run' }).click()
  await cover
    .locator('[data-field=width] .fault', { hasText: 'The word “incomprehensibilities” does not fit' })
    .waitFor()
  await shot(page, 'book')
  await cover.getByLabel('Characters in a line').fill('36')
  await cover.getByRole('button', { name: 'Run' }).click()
  await cover.getByText('cover.txt is in the folder of the book').waitFor()
  assert.equal(await cover.getByLabel('Subtitle').inputValue(), '', 'it is cleared after the run')
  assert.equal(await cover.getByLabel('Characters in a line').inputValue(), '36')

  await page.goto(`${library.url}/en/media?folder=primary%2Fmusic`)
  const backUp = page.locator('.action.off', { hasText: 'Back up' })
  assert.match(await backUp.innerText(), /Not ready\s+Set the folder of backups/)
  const check = action(page, 'Check the files')
  await check.locator('> summary').click()
  await check.getByRole('button', { name: 'Run' }).click()
  await check.getByText('Tasks started: 1').waitFor()
  await check.locator('.started .succeeded').waitFor()

  for (const name of ['scale.wav', 'lullaby.wav']) await page.getByRole('checkbox', { name }).check()
  const move = action(page, 'Move to a folder')
  await move.locator('> summary').click()
  await move.getByRole('button', { name: 'Run' }).click()
  await move.locator('[data-field=target] .fault', { hasText: 'A value is needed' }).waitFor()
  await move.getByLabel('Folder').selectOption('alternative/old pictures')
  await shot(page, 'media')
  await move.getByRole('button', { name: 'Run' }).click()
  await until('both are moved', async () => (await move.locator('.started .succeeded').count()) === 2)
  await until('the list shows it', async () => (await page.getByRole('checkbox').count()) === 2)

  await page.goto(`${library.url}/en/media?folder=primary%2Fpictures`)
  const slow = action(page, 'Check the files')
  await slow.locator('> summary').click()
  await slow.locator('.advanced > summary').click()
  await slow.getByLabel('Pause after each file').fill('10s')
  await slow.getByLabel('Log level of its tasks').selectOption('10')
  await slow.getByRole('button', { name: 'Run' }).click()
  await slow.getByText('baobab.png').waitFor()

  await page.goto(`${library.url}/en/tasks`)
  const running = page.locator('.tasks > li.running')
  await running.locator('details summary').click()
  await running.locator('.log .debug', { hasText: 'baobab.png' }).waitFor()
  await shot(page, 'tasks')
  await running.getByRole('button', { name: 'Cancel' }).click()
  const cancelled = page.locator('.tasks > li.cancelled')
  await cancelled.locator('.log', { hasText: 'Cancelled by user "amina"' }).waitFor()
  await cancelled.getByRole('button', { name: 'Run again' }).click()
  await page.locator('.tasks > li.running').getByRole('button', { name: 'Cancel' }).click()
  await cancelled.waitFor()

  const id = library.media.filesOf('primary/talks').find(({ name }) => name === 'welcome.vtt')?.id
  await page.goto(`${library.url}/en/media/files/${id}`)
  const rename = action(page, 'Rename')
  await rename.locator('> summary').click()
  await rename.getByLabel('New name').fill(' hello  all.vtt')
  await rename.getByRole('button', { name: 'Run' }).click()
  await rename.getByText('It is now “hello all.vtt”').waitFor()
  await page.getByText('The file has another name or place now').getByRole('link').click()
  await page.getByRole('link', { name: 'hello all.vtt' }).waitFor()

  // A teacher checks, and changes nothing; a pupil sees none of it.
  const tomas = await pageOf('tomas')
  await tomas.goto(`${library.url}/fr/media?folder=primary%2Fmusic`)
  await action(tomas, 'Vérifier les fichiers').waitFor()
  assert.equal(await tomas.getByText('Vider le dossier temporaire').count(), 0)
  const verify = action(tomas, 'Vérifier les fichiers')
  await verify.locator('> summary').click()
  await verify.locator('.advanced > summary').click()
  await verify.getByLabel('Pause après chaque fichier').waitFor()
  await tomas.goto(`${library.url}/fr/tasks`)
  await tomas.locator('.tasks > li.succeeded').first().waitFor()
  assert.equal(await tomas.getByRole('button', { name: 'Relancer' }).count(), 0)
  assert.deepEqual(faults, [])
  const yara = await pageOf('yara')
  for (const path of ['/ar/media', '/ar/tasks', '/ar/media/files/1/content'])
    assert.equal((await yara.goto(library.url + path))?.status(), 404)
})
