// What an operator has to decide, and what is decided already: plugins that ask for the place of another one, and plugins that the
// configuration of the server turns on or off.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { skipWithoutChromium } from '../support/chromium.ts'
import { backendOf, install, type PluginSource, send } from '../support/runtime.ts'
import { pickedFile } from './packages.ts'
import { type Change, pageSuite } from './page-suite.ts'

const KEEPS = backendOf(`
  if (request.method === 'POST') await env.kv.put('text', await request.text())
  return new Response(await env.kv.get('text'))`)

const old = (id: string): PluginSource => ({
  id,
  backend: KEEPS,
  manifest: { name: `Old ${id}`, permissions: { kv: true } },
})
const renamed = (id: string, from: string, name: string): PluginSource => ({
  id,
  version: '2.0.0',
  backend: KEEPS,
  manifest: { name, permissions: { kv: true }, replaces: [from] },
})

const ALERT = 'It asks to take the place of another plugin'
const asked = (page: Page) => page.getByRole('alert').filter({ hasText: ALERT })
const lines = (changes: readonly Change[]) => changes.map(({ request }) => request)
const stored = async (url: string, id: string) => await (await fetch(`${url}plugins/${id}/api/`)).text()

describe('a plugin that asks for the place of another one', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({
    async prepare(runtime) {
      for (const id of ['diary', 'ledger']) await install(runtime, old(id))
      await install(runtime, renamed('journal', 'diary', 'Journal'), { grant: 'none' })
    },
  })

  it(
    'is reviewed at the upload: whose place, and what that would mean, before anything is installed',
    suite.run(async ({ page, runtime, changes }) => {
      await page
        .locator('input[type=file]')
        .first()
        .setInputFiles([pickedFile('accounts.zip', renamed('accounts', 'ledger', 'Accounts'))])
      const dialog = page.getByRole('dialog')
      await dialog.getByText('Accounts', { exact: true }).waitFor()
      await dialog.getByText(/place of "ledger"/).waitFor()
      assert.deepEqual(
        lines(changes).filter((request) => request !== 'POST /packages/inspect'),
        [],
      )
      await dialog.getByRole('button', { name: 'Install and enable' }).click()
      await dialog.waitFor({ state: 'detached' })
      const { enabled, state, replaces } = await runtime.plugins.get('accounts')
      assert.deepEqual(replaces, [{ id: 'ledger', state: 'open' }])
      assert.deepEqual([enabled, state], [true, 'waiting-approval'])
      assert.equal((await runtime.plugins.get('ledger')).state, 'running', 'nothing was carried')
    }),
  )

  it(
    'waits on its page, does nothing when the operator cancels, and takes the place with the data when it is confirmed',
    suite.run(async ({ page, admin, url, changes }) => {
      await fetch(`${url}plugins/diary/api/`, { method: 'POST', body: 'dear diary' })
      await page.goto(`${admin}#/plugins/journal`)
      await asked(page).getByText('The other plugin is uninstalled then', { exact: false }).waitFor()
      const open = asked(page).getByRole('button', { name: 'Let it replace "diary"' })
      await open.click()
      const dialog = page.getByRole('dialog', { name: 'Give "Journal" the place of "diary"?' })
      await dialog.getByRole('button', { name: 'Cancel' }).click()
      await dialog.waitFor({ state: 'detached' })
      assert.deepEqual(lines(changes), [])
      await open.click()
      await dialog.getByRole('button', { name: 'Give it the place' }).click()
      await page.getByText('"Journal" has taken the place of "diary"').waitFor()
      assert.deepEqual(changes.at(-1), { request: 'POST /plugins/journal/replace', body: { from: 'diary' } })
      await asked(page).waitFor({ state: 'detached' })
      await page.locator('[data-state=running]').first().waitFor()
      assert.equal(await stored(url, 'journal'), 'dear diary')
      await page.goto(`${admin}#/plugins`)
      await page.locator('[data-plugin=journal]').waitFor()
      await page.locator('[data-plugin=diary]').waitFor({ state: 'detached' })
    }),
  )

  it(
    'is not asked about any longer when the other plugin is gone',
    suite.run(async ({ page, runtime, admin }) => {
      await install(runtime, old('atlas'))
      await install(runtime, renamed('map', 'atlas', 'Map'), { grant: 'none' })
      await page.goto(`${admin}#/plugins/map`)
      await asked(page).waitFor()
      await send(runtime, 'DELETE', '/plugins/atlas?data=delete')
      await page.reload()
      await page.getByRole('heading', { name: 'Map' }).waitFor()
      assert.equal(await asked(page).count(), 0)
    }),
  )
})

describe('plugins that the configuration turns on or off', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({
    config: { plugins: { enable: ['forced-on'], disable: ['forced-off'] } },
    async prepare(runtime) {
      const plain = (id: string): PluginSource => ({ id, backend: backendOf('return new Response()') })
      await install(runtime, plain('forced-on'), { enable: 'false' })
      await install(runtime, plain('forced-off'))
      await install(runtime, plain('free'))
    },
  })

  it(
    'have a badge in the list and on their page, which names the variable; others have none',
    suite.run(async ({ page, admin }) => {
      const row = (id: string) => page.locator(`[data-plugin=${id}]`)
      await row('forced-on').locator('[data-forced=on]').getByText('Enabled by configuration').waitFor()
      await row('forced-off').locator('[data-forced=off]').getByText('Disabled by configuration').waitFor()
      await row('free').waitFor()
      assert.equal(await row('free').locator('[data-forced]').count(), 0)
      for (const [id, words] of [
        [
          'forced-on',
          'PLUGBAY_PLUGINS_ENABLE enables it; what is chosen here holds when the server starts without that',
        ],
        [
          'forced-off',
          'PLUGBAY_PLUGINS_DISABLE disables it; what is chosen here holds when the server starts without that',
        ],
      ] as const) {
        await page.goto(`${admin}#/plugins/${id}`)
        await page.locator('[data-forced]').first().hover()
        await page.getByText(words).waitFor()
      }
    }),
  )

  it(
    'keep a choice for later: the switch changes what is chosen, and neither state nor badge',
    suite.run(async ({ page, runtime, changes }) => {
      const row = page.locator('[data-plugin=forced-off]')
      await row.locator('[data-state=disabled]').waitFor()
      const flip = page.locator('label', { has: page.getByRole('switch', { name: 'Enable "forced-off"' }) })
      await flip.click()
      await page.waitForFunction(
        () => document.querySelector('[data-plugin=forced-off] input[role=switch]:not(:checked)') !== null,
      )
      assert.equal(changes.at(-1)?.request, 'POST /plugins/forced-off/disable')
      const { enabled, forced, state } = await runtime.plugins.get('forced-off')
      assert.deepEqual([enabled, forced?.enabled, state], [false, false, 'disabled'])
      await row.locator('[data-forced=off]').waitFor()
      await flip.click()
      await page.waitForFunction(
        () => document.querySelector('[data-plugin=forced-off] input[role=switch]:checked') !== null,
      )
      assert.equal((await runtime.plugins.get('forced-off')).state, 'disabled')
    }),
  )
})
