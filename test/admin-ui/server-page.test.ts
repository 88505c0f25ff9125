// The page of the server: what runs, its configuration without secrets, and its backup.

import assert from 'node:assert/strict'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { skipWithoutChromium } from '../support/chromium.ts'
import { ADMIN_TOKEN, install } from '../support/runtime.ts'
import { pageSuite } from './page-suite.ts'
import { visit } from './plugins.ts'

describe('the page of the server', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({
    config: { sandbox: { maxFailures: 7 }, images: { args: { push: ['--creds', 'ada:lovelace'] } } },
    prepare: async (runtime) => {
      await install(runtime, {
        id: 'hello',
        backend: 'export default { fetch: () => new Response("hello") }',
      })
      await visit(runtime, '/plugins/hello/api/')
    },
  })

  it(
    'shows its version, its processes and who runs in them',
    suite.run(async ({ page, admin, runtime }) => {
      await page.goto(`${admin}#/server`)
      await page.getByText(runtime.version, { exact: true }).waitFor()
      const own = page.locator('[data-process=runtime]')
      await own.getByText(String(process.pid), { exact: true }).waitFor()
      const plugins = page.locator('[data-process=sandbox]').filter({ hasText: 'hello' })
      await plugins.getByRole('link', { name: 'hello' }).waitFor()
    }),
  )

  it(
    'shows each key of the configuration with its source, and no secret',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/server`)
      const changed = page.locator('[data-setting="sandbox.maxFailures"]')
      await changed.getByText('7', { exact: true }).waitFor()
      await changed.getByText('Application', { exact: true }).waitFor()
      for (const key of ['adminToken', 'images.args.push'])
        await page.locator(`[data-setting="${key}"]`).getByText('given, not shown').waitFor()
      const shown = await page.locator('body').innerText()
      for (const secret of [ADMIN_TOKEN, 'ada:lovelace']) assert.equal(shown.includes(secret), false)
      await page.getByLabel('Search the configuration').fill('maxFailures')
      assert.equal(await page.locator('[data-setting]').count(), 1)
      await page.getByLabel('Search the configuration').fill('')
      await page.getByLabel('Only what is not the default').check()
      await page.locator('[data-setting="tasks.maxOpen"]').waitFor({ state: 'detached' })
      await changed.waitFor()
    }),
  )

  it(
    'saves a backup, checks it, and restores it when that is confirmed',
    suite.run(async ({ page, admin, changes }) => {
      await page.goto(`${admin}#/server`)
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('link', { name: 'Save a backup' }).click(),
      ])
      assert.match(download.suggestedFilename(), /^plugbay-.*\.tar$/)
      const folder = await mkdtemp(join(tmpdir(), 'plugbay-backup-'))
      const path = join(folder, 'plugbay.tar')
      await download.saveAs(path)
      assert.ok((await stat(path)).size > 1000)
      await page.getByRole('button', { name: 'Restore a backup…' }).click()
      const dialog = page.getByRole('dialog')
      await page.locator('input[type=file]').last().setInputFiles(path)
      await dialog.getByRole('button', { name: 'Check it' }).click()
      await dialog.getByText('The server could take it').waitFor()
      assert.deepEqual(
        changes.map(({ request }) => request),
        ['PUT /backup?check=true'],
      )
      await dialog.getByRole('button', { name: 'Replace everything' }).click()
      await dialog.getByText('The backup is restored').waitFor()
      await rm(folder, { recursive: true })
    }),
  )

  it(
    'is not offered to whom may not see it, and no backup to whom may only look',
    suite.run(async ({ page, admin, runtime }) => {
      const { record } = await runtime.store.principals.addToken(
        { name: 'watcher', permissions: ['server.view'] },
        { actor: 'test', action: 'token.create' },
      )
      await page.goto(`${admin}#code=${runtime.http.signInCode(record.id)}`)
      await page.getByText('Signed in as "watcher"', { exact: true }).waitFor()
      await page.goto(`${admin}#/server`)
      await page.getByRole('heading', { name: 'Processes' }).waitFor()
      assert.equal(await page.getByRole('link', { name: 'Save a backup' }).count(), 0)
    }),
  )
})
