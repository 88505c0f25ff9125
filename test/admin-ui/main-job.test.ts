// The main job from end to end, on a server that has nothing yet.

import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { skipWithoutChromium } from '../support/chromium.ts'
import type { PluginSource } from '../support/runtime.ts'
import { pickedFile } from './packages.ts'
import { pageSuite } from './page-suite.ts'

const BACKEND = `export default {
  async fetch(request, env) {
    env.log.info('asked for ' + new URL(request.url).pathname)
    return Response.json({ greeting: env.settings.greeting })
  },
}
`

const HELLO: PluginSource = {
  id: 'hello-page',
  backend: BACKEND,
  manifest: {
    name: 'Hello page',
    permissions: { kv: true },
    settings: { type: 'object', properties: { greeting: { type: 'string', default: 'hello' } } },
  },
}

const NOTES: PluginSource = {
  id: 'notes',
  backend: `export default {
  async fetch(request, env) {
    if (request.method === 'PUT') await env.kv.put('note', await request.text())
    return new Response(await env.kv.get('note'))
  },
}
`,
  manifest: { name: 'Notes', permissions: { kv: true } },
}

describe('the main job', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({ samples: true })

  it(
    'signs in, installs, sets, follows, narrows, disables and uninstalls',
    suite.run(async ({ page, runtime, url }) => {
      await page.getByRole('heading', { name: 'No plugins yet' }).waitFor()
      const pick = page.locator('input[type=file]').first()

      await pick.setInputFiles(pickedFile('bad.zip', { ...HELLO, backend: 'export default {\n  fetch( {' }))
      await page.getByText('Hello page 1.0.0 cannot be installed').waitFor()
      await page.getByText('backend/index.js:2', { exact: false }).first().waitFor()
      await page.getByRole('button', { name: 'Close' }).click()

      await pick.setInputFiles(pickedFile('hello.zip', HELLO))
      await page.getByText('Keep data of its own').waitFor()
      await page.getByRole('button', { name: 'Install and enable' }).click()
      await page.getByRole('heading', { name: 'Hello page' }).waitFor()

      await page.getByRole('tab', { name: 'Settings' }).click()
      await page.getByLabel('Greeting').fill('good morning')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('The settings are saved').waitFor()

      await page.getByRole('tab', { name: 'Log' }).click()
      await page.getByText('Live', { exact: true }).waitFor()
      const answer = await fetch(`${url}plugins/hello-page/api/from-the-test`)
      assert.deepEqual(await answer.json(), { greeting: 'good morning' })
      await page.getByText('asked for /from-the-test').waitFor()

      await page.getByRole('tab', { name: 'Permissions' }).click()
      await page.locator('label', { has: page.getByRole('switch', { name: 'Keep data of its own' }) }).click()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('What "Hello page" may do is changed').waitFor()
      assert.deepEqual((await runtime.plugins.get('hello-page')).grants, {})

      await page.getByRole('button', { name: 'Disable' }).click()
      await page.locator('[data-state=disabled]').waitFor()
      assert.equal((await fetch(`${url}plugins/hello-page/api/`)).status, 404)

      await page.getByRole('button', { name: 'More actions' }).click()
      await page.getByRole('menuitem', { name: 'Uninstall…' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Uninstall' }).click()
      await page.getByRole('heading', { name: 'No plugins yet' }).waitFor()
      await page.getByRole('button', { name: 'Sign out' }).click()
      await page.getByLabel('Access token').waitFor()
    }),
  )

  it(
    'shows what a sample asks for before it is installed, and keeps one apart that misbehaves',
    suite.run(async ({ page, runtime, changes }) => {
      await page.getByRole('heading', { name: 'No plugins yet' }).waitFor()
      const dialog = page.getByRole('dialog')
      await page.getByText('exceeds its limits on purpose').waitFor()
      await page.getByRole('button', { name: 'greedy-plugin', exact: true }).click()
      await dialog.getByText('Breaks a limit on purpose').waitFor()
      await dialog.getByRole('button', { name: 'Cancel' }).last().click()
      await page.getByRole('button', { name: 'usb-backup', exact: true }).click()
      await dialog.getByText('Keep files on drives').first().waitFor()
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
      assert.deepEqual(await runtime.plugins.list(), [])
      await page.getByRole('button', { name: 'guestbook', exact: true }).click()
      await dialog.getByText('Keep data of its own').waitFor()
      await dialog.getByRole('button', { name: 'Install and enable' }).click()
      await page.getByRole('heading', { level: 1, name: 'Guestbook' }).waitFor()
      await page.locator('[data-state=running], [data-state=idle]').first().waitFor()
      assert.deepEqual(
        changes.map(({ request }) => request),
        [
          'POST /samples/greedy-plugin/inspect',
          'POST /samples/usb-backup/inspect',
          'POST /samples/guestbook/inspect',
          'POST /samples/guestbook/install?enable=true&grant=all',
        ],
      )
      await runtime.plugins.uninstall('guestbook', { data: 'delete', actor: 'test' })
    }),
  )

  it(
    'saves the data of a plugin as a file, and restores it',
    suite.run(async ({ page, url }) => {
      const folder = await mkdtemp(join(tmpdir(), 'plugbay-admin-ui-'))
      await page.getByRole('heading', { name: 'No plugins yet' }).waitFor()
      await page.locator('input[type=file]').first().setInputFiles(pickedFile('notes.zip', NOTES))
      await page.getByRole('button', { name: 'Install and enable' }).click()
      await page.locator('[data-state=running]').waitFor()

      const note = async (method: string, body?: string) => {
        const init = body === undefined ? { method } : { method, body }
        const response = await fetch(`${url}plugins/notes/api/`, init)
        assert.equal(response.status, 200)
        return await response.text()
      }
      await note('PUT', 'before')
      await page.getByRole('button', { name: 'More actions' }).click()
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: 'Save its data' }).click(),
      ])
      assert.match(download.suggestedFilename(), /^notes-\d{4}-\d\d-\d\d\.plugbay-data$/)
      const saved = join(folder, download.suggestedFilename())
      await download.saveAs(saved)
      await note('PUT', 'after')

      const open = async (file: string) => {
        await page.getByRole('button', { name: 'More actions' }).click()
        await page.getByRole('menuitem', { name: 'Restore its data…' }).click()
        await page.getByRole('dialog').locator('input[type=file]').setInputFiles(file)
        await page.getByRole('button', { name: 'Replace its data' }).click()
      }
      const broken = join(folder, 'broken.plugbay-data')
      await writeFile(broken, 'no snapshot')
      await open(broken)
      await page.getByRole('dialog').getByRole('alert').waitFor()
      assert.equal(await note('GET'), 'after')
      await page.getByRole('button', { name: 'Cancel' }).click()
      await open(saved)
      await page.getByText('"Notes" has its data of', { exact: false }).waitFor()
      assert.equal(await note('GET'), 'before')
      await rm(folder, { recursive: true })
    }),
  )
})
