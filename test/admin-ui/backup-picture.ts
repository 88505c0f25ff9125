// The page of usb-backup while a backup runs, for docs/usb-and-volumes.md.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { serve } from '../../runtime/serve.ts'
import { makeData, startServer } from '../sample-plugins/usb-backup/server.ts'
import { temporaryFolder } from '../support/runtime.ts'
import type { Scope } from '../support/scope.ts'

const FILES = 60
const FILE_BYTES = 3_000_000

export interface PictureParts {
  readonly scope: Scope
  readonly browser: Browser
  /** Of the file that is written. */
  readonly path: string
}

export async function takeBackup({ scope, browser, path }: PictureParts): Promise<void> {
  const data = await makeData(scope)
  const fill = (name: string) => writeFile(join(data, 'media', name), randomBytes(FILE_BYTES))
  for (let n = 1; n <= FILES; n++) await fill(`film-${n}`)
  const folder = await temporaryFolder(scope)
  const drives = ['Backup 2026', 'KINGSTON'].map((name) => join(folder, name))
  for (const drive of drives) await mkdir(drive)
  const server = await startServer(scope, { data, drives })
  const { runtime } = server
  const [other, chosen] = await server.drives()
  assert.ok(other !== undefined && chosen !== undefined)
  await server.ask(`/drives/${chosen}`, { method: 'PUT', body: { automatic: true } })
  await server.job('/backups', { drive: chosen })
  await fill('film-1')
  await server.job('/backups', { drive: chosen })
  await server.job('/verifications', { drive: chosen })
  await server.ask('/encryption', { method: 'PUT', body: { passphrase: 'correct horse battery staple' } })

  const listening = await serve(runtime)
  scope.after(() => listening.close(0))
  const origin = `http://127.0.0.1:${listening.port}`
  const page = await browser.newPage({ viewport: { width: 1000, height: 800 } })
  await page.goto(`${origin}/admin/#code=${runtime.adminCode()}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.goto(`${origin}/plugins/usb-backup/`)
  await page.getByRole('radio', { name: 'KINGSTON' }).check()
  await page.getByRole('button', { name: 'Restore…' }).first().waitFor()
  const { id } = await server.ask<{ id: string }>('/backups', { method: 'POST', body: { drive: chosen } })
  await page.getByText(/MB of \d+ MB/).waitFor()
  await page.screenshot({ path, fullPage: true })
  assert.equal((await server.ended(id)).state, 'succeeded')
  await page.close()
}
