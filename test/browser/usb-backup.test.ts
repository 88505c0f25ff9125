// The page of usb-backup in a browser: an administrator backs up, encrypts, and restores.

import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { serve } from '../../runtime/serve.ts'
import { makeData, startServer } from '../sample-plugins/usb-backup/server.ts'
import { openBrowser } from '../support/chromium.ts'
import { ADMIN_TOKEN, temporaryFolder } from '../support/runtime.ts'

test('an administrator backs up to the drive of choice, and restores what was there', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const data = await makeData(t)
  const base = await temporaryFolder(t)
  const drives = [join(base, 'First <b>stick'), join(base, 'Second stick')]
  for (const folder of drives) await mkdir(folder)
  const { runtime } = await startServer(t, { data, drives })
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const origin = `http://127.0.0.1:${listening.port}`
  const signedIn = await fetch(`${origin}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ token: ADMIN_TOKEN }),
  })
  const [, name = '', value = ''] = /^([^=]+)=([^;]+)/.exec(signedIn.headers.get('set-cookie') ?? '') ?? []
  const context = await browser.newContext()
  await context.addCookies([{ name, value, url: origin }])
  const page = await context.newPage()
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  page.on('pageerror', ({ message }) => faults.push(message))
  await page.goto(`${origin}/plugins/usb-backup/`)

  const history = page.locator('#history li')
  const stick = page.locator('.drive', { hasText: 'Second stick' })
  await page.getByText('First <b>stick').waitFor()
  await stick.getByRole('radio').check()
  await page.getByText('There is no backup on this drive yet.').waitFor()
  await page.getByLabel('Passphrase').first().fill('correct horse battery')
  await page.getByRole('button', { name: 'Encrypt backups' }).click()
  await page.getByText('Backups are encrypted with your passphrase.').waitFor()
  await stick.getByRole('button', { name: 'Back up now' }).click()
  await history.filter({ hasText: 'Backup done' }).waitFor({ timeout: 60_000 })
  await page.locator('#snapshot-list li', { hasText: 'encrypted' }).waitFor()

  await writeFile(join(data, 'media/a.txt'), 'after')
  await page.getByRole('button', { name: 'Restore…' }).click()
  const dialog = page.getByRole('dialog')
  assert.deepEqual(await dialog.getByRole('checkbox').count(), 2)
  await dialog.getByRole('button', { name: 'Restore' }).click()
  await history.filter({ hasText: 'Restore done' }).waitFor({ timeout: 60_000 })
  assert.equal(await readFile(join(data, 'media/a.txt'), 'utf8'), 'first')
  await page.getByRole('button', { name: 'Verify' }).click()
  await history.filter({ hasText: '1 snapshots in 2 packs are whole' }).waitFor({ timeout: 60_000 })
  assert.deepEqual(faults, [])
})

test('nobody else sees the page, or its API', async (t) => {
  const data = await makeData(t)
  const drive = await temporaryFolder(t)
  const { runtime } = await startServer(t, { data, drives: [drive] })
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const open = (path: string) =>
    fetch(`http://127.0.0.1:${listening.port}/plugins/usb-backup/${path}`, { redirect: 'manual' })
  assert.equal((await open('api/state')).status, 401)
  assert.notEqual((await open('')).status, 200)
})
