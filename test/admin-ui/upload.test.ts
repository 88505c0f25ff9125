import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { skipWithoutChromium } from '../support/chromium.ts'
import { backendOf, install, type PluginSource, pluginZip } from '../support/runtime.ts'
import { pickedFile } from './packages.ts'
import { type Change, pageSuite } from './page-suite.ts'
import { WEATHER } from './plugins.ts'

const FINE = backendOf("return new Response('fine')")

const SCALE: PluginSource = {
  id: 'scale',
  backend: FINE,
  manifest: {
    name: 'Kitchen scale',
    permissions: {
      kv: true,
      usb: [{ vendorId: 2338, productId: 32789 }],
      network: ['https://api.example.org'],
    },
  },
}

const OLD_WEATHER: PluginSource = {
  ...WEATHER,
  version: '1.0.0',
  manifest: { ...WEATHER.manifest, permissions: { network: ['https://api.weather.example'], kv: true } },
}

function uploads(changes: readonly Change[]): readonly string[] {
  return changes.map(({ request }) => request).filter((request) => request.startsWith('POST /plugins'))
}

async function pick(page: Page, ...files: ReturnType<typeof pickedFile>[]): Promise<void> {
  await page.locator('input[type=file]').first().setInputFiles(files)
}

/** As the browser does when files are dragged in from the desktop. */
async function drop(page: Page, name: string, bytes: Uint8Array): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ fileName, base64 }) => {
      const data = new DataTransfer()
      const content = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
      data.items.add(new File([content], fileName, { type: 'application/zip' }))
      return data
    },
    { fileName: name, base64: Buffer.from(bytes).toString('base64') },
  )
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: transfer })
  const target = page.getByText('Drop the plugin here')
  await target.waitFor()
  await target.dispatchEvent('drop', { dataTransfer: transfer })
}

describe('uploading', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite({ prepare: async (runtime) => void (await install(runtime, WEATHER)) })

  it(
    'a picked zip is explained first, and installed with everything granted when it is said',
    suite.run(async ({ page, runtime, changes }) => {
      await pick(page, pickedFile('scale.zip', SCALE))
      const dialog = page.getByRole('dialog')
      await dialog.getByText('Kitchen scale').waitFor()
      await dialog.getByText('It can send any command to such a device', { exact: false }).waitFor()
      await dialog.getByText('vendor 0x0922, product 0x8015').waitFor()
      await dialog.getByText('https://api.example.org').waitFor()
      assert.deepEqual(uploads(changes), [], 'nothing is installed before it is said')
      await dialog.getByRole('button', { name: 'Install and enable' }).click()
      await dialog.waitFor({ state: 'detached' })
      await page.getByRole('heading', { name: 'Kitchen scale' }).waitFor()
      assert.deepEqual(uploads(changes), ['POST /plugins?enable=true&grant=all'])
      assert.match(page.url(), /#\/plugins\/scale$/)
      const { grants, permissions, enabled } = await runtime.plugins.get('scale')
      assert.deepEqual({ grants, enabled }, { grants: permissions, enabled: true })
    }),
  )

  it(
    'a zip dropped anywhere can be installed without granting anything',
    suite.run(async ({ page, runtime, changes }) => {
      await drop(page, 'weighbridge.zip', pluginZip({ ...SCALE, id: 'weighbridge' }))
      await page.getByRole('button', { name: 'Install only' }).click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      await page.getByRole('heading', { name: 'Kitchen scale' }).waitFor()
      assert.deepEqual(uploads(changes), ['POST /plugins?enable=false&grant=none'])
      const { grants, enabled } = await runtime.plugins.get('weighbridge')
      assert.deepEqual({ grants, enabled }, { grants: {}, enabled: false })
      // A3: enabled it waits, and has asked for nothing before.
      await page.getByRole('button', { name: 'Enable', exact: true }).click()
      await page.getByText('"Kitchen scale" waits for your decision').waitFor()
      assert.equal(await page.getByText('asks for more').count(), 0)
    }),
  )

  it(
    'cancelling installs nothing, and the same file can be picked again',
    suite.run(async ({ page, changes }) => {
      for (const time of [1, 2]) {
        await pick(page, pickedFile('cancelled.zip', { ...SCALE, id: 'cancelled' }))
        await page.getByRole('button', { name: 'Install only' }).waitFor()
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
        assert.deepEqual(uploads(changes), [], `after time ${time}`)
      }
    }),
  )

  it(
    'the problems of a bad zip are shown with place, code and hint, and nothing can be installed',
    suite.run(async ({ page }) => {
      const backend =
        "import { readFileSync } from 'node:fs'\n\nexport default { fetch: () => new Response(readFileSync('/etc/passwd')) }\n"
      await pick(page, pickedFile('bad.zip', { ...SCALE, backend }))
      const dialog = page.getByRole('dialog')
      await dialog.getByText('Kitchen scale 1.0.0 cannot be installed').waitFor()
      await dialog.getByText('"node:fs" is a built-in module of Node, which plugins do not have').waitFor()
      await dialog.getByText('backend/index.js:1:30').waitFor()
      await dialog.getByText('IMPORT_REFUSED').waitFor()
      await dialog
        .getByLabel('Code around the problem')
        .filter({ hasText: 'import { readFileSync }' })
        .waitFor()
      await dialog.getByText('Use env.kv to keep data').waitFor()
      assert.equal(await dialog.getByRole('button', { name: /install|update/i }).count(), 0)
    }),
  )

  it(
    'files that are no zip are told apart by name and by content',
    suite.run(async ({ page }) => {
      await pick(page, { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('hello') })
      await page.getByText('"notes.txt" is not a zip file').waitFor()
      await pick(page, pickedFile('fake.zip', Buffer.from('hello')))
      await page.getByText('"fake.zip" cannot be installed').waitFor()
      await page.getByText('The upload is not a zip archive').waitFor()
    }),
  )

  it(
    'an update shows what is new against the installed version, and a downgrade is named as one',
    suite.run(async ({ page, runtime, changes }) => {
      await pick(page, pickedFile('weather.zip', OLD_WEATHER))
      const dialog = page.getByRole('dialog')
      await dialog.getByText('2.0.0 → 1.0.0').waitFor()
      const fresh = dialog.getByRole('listitem').filter({ has: page.getByText('New', { exact: true }) })
      assert.deepEqual(await fresh.count(), 1)
      await fresh.getByText('Keep data of its own').waitFor()
      // Before what was granted long ago.
      const [first] = await dialog.getByRole('listitem').allInnerTexts()
      assert.match(first ?? '', /^Keep data of its own/)
      await dialog.getByText('Version "1.0.0" is lower than "2.0.0", which is installed').waitFor()
      await dialog.getByRole('button', { name: 'Allow and update' }).click()
      await dialog.waitFor({ state: 'detached' })
      await page.getByRole('heading', { name: 'Weather' }).waitFor()
      assert.deepEqual(uploads(changes), ['POST /plugins?grant=all&downgrade=true'])
      assert.equal((await runtime.plugins.get('weather')).version, '1.0.0')
    }),
  )

  it(
    'A20: other content under the version that is installed is refused before it is sent, and Back closes the review',
    suite.run(async ({ page, runtime, changes }) => {
      await install(runtime, { id: 'kettle', version: '1.0.0', backend: FINE })
      await page.getByRole('link', { name: 'Audit' }).click()
      await page.getByRole('link', { name: 'Plugins' }).click()
      const other = backendOf("return new Response('other')")
      await pick(page, pickedFile('kettle.zip', { id: 'kettle', version: '1.0.0', backend: other }))
      const dialog = page.getByRole('dialog')
      await dialog.getByText('Version "1.0.0" is installed with other content').waitFor()
      assert.equal(await dialog.getByRole('button', { name: /pdate|nstall/ }).count(), 0)
      await page.goBack()
      await dialog.waitFor({ state: 'detached' })
      assert.deepEqual(uploads(changes), [])
    }),
  )

  it(
    'a plugin whose enable handler fails is enabled once per click, also when its content is installed already',
    suite.run(async ({ page, runtime, admin, changes }) => {
      const backend = `export default { lifecycle: { enable() { throw new Error('no cable') } } }`
      const plugin = { id: 'cable', backend }
      const calls = async () =>
        (await runtime.plugins.logs('cable', {})).items.filter(({ stack }) => stack !== undefined).length
      await pick(page, pickedFile('cable.zip', plugin))
      await page.getByRole('button', { name: 'Install and enable' }).click()
      await page.getByText('"lifecycle.enable" failed: Error: no cable').first().waitFor()
      assert.deepEqual(
        [changes.slice(-1)[0]?.request, await calls()],
        ['POST /plugins?enable=true&grant=all', 1],
      )
      await page.goto(`${admin}#/plugins`)
      await pick(page, pickedFile('cable.zip', plugin))
      await page.getByRole('dialog').getByRole('button', { name: 'Enable', exact: true }).click()
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      assert.deepEqual([changes.slice(-1)[0]?.request, await calls()], ['POST /plugins/cable/enable', 2])
    }),
  )

  it(
    'several files are reviewed one after the other',
    suite.run(async ({ page }) => {
      const third = { ...SCALE, id: 'third-scale' }
      const other = { id: 'second', backend: FINE, manifest: { name: 'The second', access: 'user' } }
      await pick(page, pickedFile('scale.zip', third), pickedFile('second.zip', other))
      await page.getByText('One more file waits').waitFor()
      await page.getByRole('dialog').getByText('Be open to everyone').waitFor()
      await page.getByRole('button', { name: 'Cancel' }).last().click()
      await page.getByRole('dialog').getByText('The second').waitFor()
      await page.getByText('It asks for nothing').waitFor()
    }),
  )

  it(
    'an empty server teaches what to do',
    suite.run(async ({ page, runtime }) => {
      for (const { id } of await runtime.plugins.list())
        await runtime.plugins.uninstall(id, { data: 'delete', actor: 'test' })
      await page.getByRole('heading', { name: 'No plugins yet' }).waitFor()
      await page.getByRole('button', { name: 'Choose a zip file' }).waitFor()
    }),
  )
})
