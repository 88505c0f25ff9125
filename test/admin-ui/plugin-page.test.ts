import assert from 'node:assert/strict'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { skipWithoutChromium } from '../support/chromium.ts'
import { install, type PluginSource, until } from '../support/runtime.ts'
import { type Change, pageSuite } from './page-suite.ts'
import {
  installGuestbook,
  NEWER_WEATHER,
  quarantineGreedy,
  USB_BACKUP,
  visit,
  WEATHER,
  writeLog,
} from './plugins.ts'

function last(changes: readonly Change[]) {
  return changes.at(-1)
}

/** With the mouse, on what is seen of the switch. */
function flip(page: Page, name: string): Promise<void> {
  return page.locator('label', { has: page.getByRole('switch', { name }) }).click()
}

describe('one plugin', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({
    async prepare(runtime) {
      await installGuestbook(runtime)
      await install(runtime, USB_BACKUP)
      await install(runtime, WEATHER)
      await install(runtime, NEWER_WEATHER)
      await quarantineGreedy(runtime)
      // The page offers a search from six plugins on.
      for (const id of ['wall-clock', 'almanac']) await install(runtime, { id })
    },
  })

  it(
    'the list follows the state live and switches plugins',
    suite.run(async ({ page, runtime, changes }) => {
      const row = page.locator('[data-plugin=guestbook]')
      await row.locator('[data-state=running]').waitFor()
      await runtime.plugins.disable('guestbook', 'test')
      await row.locator('[data-state=disabled]').waitFor()
      await flip(page, 'Enable "Guestbook"')
      await row.locator('[data-state=running]').waitFor()
      assert.equal(last(changes)?.request, 'POST /plugins/guestbook/enable')
      await flip(page, 'Enable "Guestbook"')
      await row.locator('[data-state=disabled]').waitFor()
      assert.equal((await runtime.plugins.get('guestbook')).enabled, false)
      await runtime.plugins.enable('guestbook', 'test')
    }),
  )

  it(
    'the search finds by name and by description',
    suite.run(async ({ page }) => {
      await page.getByLabel('Search plugins').fill('forecast')
      await page.locator('[data-plugin=guestbook]').waitFor({ state: 'detached' })
      assert.equal(await page.locator('[data-plugin]').count(), 1)
      await page.getByLabel('Search plugins').fill('nothing like this')
      await page.getByText('No plugin matches').waitFor()
    }),
  )

  it(
    'a quarantined plugin shows why, and one click retries',
    suite.run(async ({ page, runtime, admin, changes }) => {
      await page.goto(`${admin}#/plugins/greedy-plugin`)
      const alert = page.getByRole('alert').filter({ hasText: 'The plugin did not yield' }).first()
      await alert.waitFor()
      const evidence = page.getByRole('region', { name: 'What happened' })
      await evidence
        .getByRole('row', { name: /did not yield for \d+ ms GUEST_DEADLINE/ })
        .nth(1)
        .waitFor()
      const stack = evidence.getByLabel('Stack of the last error')
      await stack.filter({ hasText: /at fill \(backend\/index\.ts:\d+:\d+\)/ }).waitFor()
      await evidence.getByText(/Errors: 3 · Restarts: 2 · Most memory: [\d.]+ MB/).waitFor()
      await page.getByRole('button', { name: 'Retry' }).click()
      await page.locator('[data-state=running]').waitFor()
      assert.equal(last(changes)?.request, 'POST /plugins/greedy-plugin/retry')
      await alert.waitFor({ state: 'detached' })
      assert.equal(await evidence.count(), 0)
      assert.equal((await visit(runtime, '/plugins/greedy-plugin/api/')).status, 200)
    }),
  )

  it(
    'a release that asks for more is approved with all that it asks',
    suite.run(async ({ page, runtime, admin, changes }) => {
      await page.goto(`${admin}#/plugins/weather`)
      await page.getByText('Version 2.1.0 asks for more').waitFor()
      await page.locator('[data-state=waiting-approval]').waitFor()
      await page.getByRole('button', { name: 'Allow all it asks' }).click()
      await page.getByText('Version 2.1.0 asks for more').waitFor({ state: 'detached' })
      const asked = { network: ['https://api.weather.example'], kv: true }
      assert.deepEqual(last(changes), { request: 'PUT /plugins/weather/grants', body: asked })
      const { version, grants } = await runtime.plugins.get('weather')
      assert.deepEqual({ version, grants }, { version: '2.1.0', grants: asked })
    }),
  )

  it(
    'grants are narrowed by permission, by origin, by device and to reading',
    suite.run(async ({ page, runtime, admin }) => {
      await page.goto(`${admin}#/plugins/usb-backup/permissions`)
      for (const name of [
        'https://status.example.net',
        'storage devices',
        'Change and delete files',
        'Work in the background',
      ])
        await flip(page, name)
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('is changed').waitFor()
      assert.deepEqual((await runtime.plugins.get('usb-backup')).grants, {
        kv: true,
        volumes: 'read',
        usb: [{ vendorId: 18164 }],
        network: ['https://api.example.org'],
      })
      assert.equal(await page.getByRole('switch', { name: 'storage devices' }).isChecked(), false)
    }),
  )

  it(
    'a secret that the manifest binds to none of its origins is switched on for one of them',
    suite.run(async ({ page, runtime, admin }) => {
      const network = ['https://api.example.org', 'https://cdn.example.org']
      const settings = { type: 'object', properties: { apiKey: { type: 'string', format: 'secret' } } }
      const manifest = { permissions: { network }, settings }
      await install(runtime, { id: 'two-origins', backend: 'export default {}', manifest })
      await page.goto(`${admin}#/plugins/two-origins/permissions`)
      await page.getByText('does not say which server each secret is for').waitFor()
      const choice = page.getByRole('switch', { name: '"apiKey" to https://api.example.org' })
      assert.equal(await choice.isChecked(), false)
      await flip(page, '"apiKey" to https://api.example.org')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('is changed').waitFor()
      const { grants } = await runtime.plugins.get('two-origins')
      assert.deepEqual(grants, { network, secrets: { apiKey: ['https://api.example.org'] } })
    }),
  )

  it(
    'public access is a switch beside the permissions',
    suite.run(async ({ page, runtime, admin }) => {
      const access = async () => (await runtime.plugins.get('usb-backup')).access
      assert.equal(await access(), 'public')
      await page.goto(`${admin}#/plugins/usb-backup/permissions`)
      for (const expected of ['user', 'public']) {
        await flip(page, 'Be open to everyone')
        await page.getByRole('button', { name: 'Save' }).click()
        await page.getByText('is changed').last().waitFor()
        await page.getByRole('button', { name: 'Save' }).and(page.locator(':disabled')).waitFor()
        assert.equal(await access(), expected)
      }
    }),
  )

  it(
    'an error of the API is shown with its title and hint',
    suite.run(async ({ page, runtime, admin }) => {
      await page.goto(`${admin}#/plugins/guestbook`)
      await page.getByLabel('Only people with these permissions').check()
      await page.getByRole('combobox', { name: 'Permissions' }).fill('events.view')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('The access to "Guestbook" is changed').waitFor()
      assert.deepEqual((await runtime.plugins.get('guestbook')).access, ['events.view'])
      await page.getByLabel('Anyone', { exact: true }).check()
      await page.getByRole('button', { name: 'Save' }).click()
      const alert = page
        .getByRole('alert')
        .filter({ hasText: 'A grant is wider than what the manifest asks for' })
      await alert.getByText('Grant what the plugin asks for').waitFor()
      await runtime.plugins.setAccess('guestbook', null, 'test')
    }),
  )

  it(
    'settings: only what changed is sent, errors stand at their field, secrets are replaced unseen',
    suite.run(async ({ page, runtime, admin, changes }) => {
      await page.goto(`${admin}#/plugins/guestbook/settings`)
      await page.getByLabel('Mail port').waitFor()
      const sources = await page.locator('[data-source]').allInnerTexts()
      const settings = Object.keys(await runtime.plugins.settings('guestbook'))
      assert.equal(sources.length, settings.length)
      for (const source of ['Default', 'Set here', 'Variable'])
        assert.ok(sources.includes(source), `${source} in ${sources}`)
      await page.getByLabel('Mail port').fill('99999')
      await page.getByRole('textbox', { name: 'Mail API key' }).fill('s3cret')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('"Mail port" (port) must be 65,535 or less').first().waitFor()
      await page.locator('[name=port][aria-invalid=true]').waitFor()
      await page.getByLabel('Mail port').fill('587')
      await page.getByLabel('Moderated').uncheck()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('The settings are saved').waitFor()
      assert.deepEqual(last(changes)?.body, { port: 587, apiKey: 's3cret', moderated: false })
      assert.equal(await page.getByRole('textbox', { name: 'Mail API key' }).inputValue(), '')
      assert.equal(await page.getByRole('textbox', { name: 'Region' }).isDisabled(), true)
      await page.getByRole('button', { name: /^Use the default.*: Entries per page$/ }).click()
      await page.waitForFunction(
        () => document.querySelector<HTMLInputElement>('[name=perPage]')?.value === '10',
      )
      assert.deepEqual(last(changes)?.body, { perPage: null })
    }),
  )

  it(
    'settings: sizes are typed with their unit, lists item by item, and what a file sets is shown with its source',
    suite.run(async ({ page, runtime, admin, changes }) => {
      await page.goto(`${admin}#/plugins/guestbook/settings`)
      const size = page.getByRole('textbox', { name: 'Largest photo' })
      assert.equal(await size.inputValue(), '5MB')
      await size.fill('large')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('must be an amount of bytes').first().waitFor()
      await size.fill('1.5GB')
      await page.getByRole('combobox', { name: 'Words' }).fill('ham')
      await page.keyboard.press('Enter')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('The settings are saved').waitFor()
      assert.deepEqual(last(changes)?.body, { maxSize: '1.5GB', words: ['spam', 'ham'] })
      assert.equal(await size.inputValue(), '1500MB')
      const file = join(runtime.config.data, 'settings.toml')
      await writeFile(file, '[guestbook]\nmaxSize = "3GB"\n[nobody]\n')
      await page.getByText('Set in settings.toml of the server').waitFor()
      assert.deepEqual([await size.inputValue(), await size.isDisabled()], ['3GB', true])
      await page.goto(`${admin}#/`)
      await page.getByText('Section [nobody] of settings.toml names no installed plugin').waitFor()
      await rm(file)
    }),
  )

  it(
    'the log follows, filters and pauses without losing a line',
    suite.run(async ({ page, runtime, admin }) => {
      await page.goto(`${admin}#/plugins/guestbook/log`)
      await page.getByText('Entry 29', { exact: false }).waitFor()
      await page.getByText('Live', { exact: true }).waitFor()
      await writeLog(runtime, [['warn', 'first of the test']])
      await page.getByText('first of the test').waitFor()
      await page.getByText('Errors', { exact: true }).click()
      await page.getByText('first of the test').waitFor({ state: 'detached' })
      await page.getByText('All', { exact: true }).click()
      await page.getByRole('button', { name: 'Pause' }).click()
      await writeLog(runtime, [['info', 'while it was paused']])
      await page.getByText('Paused, 1 new line').waitFor()
      assert.equal(await page.getByText('while it was paused').count(), 0)
      await page.getByRole('button', { name: 'Go on' }).click()
      await page.getByText('while it was paused').waitFor()
      assert.equal(await page.getByText('first of the test').count(), 1, 'each line once')
    }),
  )

  it(
    'an update that waits for a setting says so, and goes live when it is saved',
    suite.run(async ({ page, runtime, admin }) => {
      const settings = {
        type: 'object',
        required: ['address'],
        properties: { address: { type: 'string', title: 'Address' } },
      }
      await install(runtime, { id: 'news', version: '1.0.0' })
      await install(runtime, { id: 'news', version: '2.0.0', manifest: { settings } })
      await page.goto(`${admin}#/plugins/news/releases`)
      await page.getByText('Waits for settings', { exact: true }).waitFor()
      await page.getByText('An update waits for settings').waitFor()
      assert.equal(await page.getByRole('button', { name: 'Allow all it asks' }).count(), 0)
      await page.getByRole('link', { name: 'Open its settings' }).click()
      await page.getByLabel('Address').fill('Main street')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('An update waits for settings').waitFor({ state: 'detached' })
      assert.equal((await runtime.plugins.get('news')).version, '2.0.0')
      await runtime.plugins.uninstall('news', { data: 'delete', actor: 'test' })
    }),
  )

  it(
    'an earlier release is used again after a question',
    suite.run(async ({ page, runtime, admin, changes }) => {
      await page.goto(`${admin}#/plugins/guestbook/releases`)
      await page.getByRole('button', { name: 'Use this version' }).click()
      await page.getByRole('button', { name: 'Use 1.1.0' }).click()
      await page.getByText('now uses version 1.1.0').waitFor()
      assert.deepEqual(last(changes), {
        request: 'POST /plugins/guestbook/rollback',
        body: { version: '1.1.0' },
      })
      assert.equal((await runtime.plugins.get('guestbook')).version, '1.1.0')
    }),
  )

  it(
    'uninstalling keeps the data unless it is said otherwise',
    suite.run(async ({ page, runtime, admin, changes }) => {
      for (const [id, label, data] of [
        ['first-leaver', 'Keep its data', 'keep'],
        ['second-leaver', 'Delete its data', 'delete'],
      ] as const) {
        await install(runtime, leaver(id))
        await page.goto(`${admin}#/plugins/${id}`)
        await page.getByRole('button', { name: 'More actions' }).click()
        await page.getByRole('menuitem', { name: 'Uninstall…' }).click()
        if (data === 'delete') await page.getByLabel(label).check()
        else assert.equal(await page.getByLabel(label).isChecked(), true)
        await page
          .getByRole('dialog')
          .getByRole('button', { name: /^Uninstall/ })
          .click()
        await page.getByRole('heading', { name: 'Plugins' }).waitFor()
        assert.equal(last(changes)?.request, `DELETE /plugins/${id}?data=${data}`)
        await until('it is gone', async () => (await page.locator(`[data-plugin=${id}]`).count()) === 0)
        const { items } = await runtime.store.audit.list({ subject: id, limit: 1 })
        assert.deepEqual(items[0]?.detail, { data })
      }
    }),
  )

  it(
    'a lifecycle handler that fails is said: of a plugin that stays disabled, and of one that is gone',
    suite.run(async ({ page, runtime, admin }) => {
      const lifecycle = (body: string) => ({
        ...leaver('handled'),
        backend: `export default { fetch: () => new Response('fine'), lifecycle: { ${body} } }`,
      })
      const fails = `enable() { throw new Error('not today') }, uninstall() { throw new Error('nor ever') }`
      await install(runtime, lifecycle(fails), { enable: 'false' })
      await page.goto(`${admin}#/plugins/handled`)
      await page.getByRole('button', { name: 'Enable' }).click()
      await page.getByText('"lifecycle.enable" failed: Error: not today').first().waitFor()
      await page.getByRole('button', { name: 'Enable' }).waitFor()
      await page.getByRole('button', { name: 'More actions' }).click()
      await page.getByRole('menuitem', { name: 'Uninstall…' }).click()
      await page.getByRole('dialog').getByRole('button', { name: 'Uninstall' }).click()
      await page.getByText('"lifecycle.uninstall" failed: Error: nor ever').waitFor()
      assert.equal(await page.locator('[data-plugin=handled]').count(), 0)
    }),
  )

  it(
    'an unknown plugin and an unknown page are said to be so',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/plugins/nobody`)
      await page.getByText('There is no plugin "nobody"').waitFor()
      await page.goto(`${admin}#/elsewhere`)
      await page.getByText('There is no such page').waitFor()
    }),
  )

  it(
    'a name of a plugin is text, whatever it holds',
    suite.run(async ({ page, runtime, admin }) => {
      const name = '<img src=x onerror="document.title=1"> {{7*7}}'
      await install(runtime, { ...leaver('odd-name'), manifest: { name } })
      await page.goto(`${admin}#/plugins/odd-name`)
      await page.getByRole('heading', { name }).waitFor()
      assert.equal(await page.locator('img').count(), 0)
    }),
  )
})

function leaver(id: string): PluginSource {
  return { id, files: { 'frontend/index.html': '<p>' }, manifest: { name: `Leaver ${id}` } }
}
