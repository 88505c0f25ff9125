import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { skipWithoutChromium } from './browser.ts'
import { type PackageOfTest, pickedFile, zipOf } from './packages.ts'
import { pageSuite } from './page-suite.ts'
import type { StandInState } from './stand-in/state.ts'

const SCALE: PackageOfTest = {
  manifest: {
    id: 'scale',
    name: 'Kitchen scale',
    version: '1.0.0',
    permissions: {
      kv: true,
      usb: [{ vendorId: 2338, productId: 32789 }],
      network: ['https://api.example.org'],
    },
    contributes: { menus: [] },
  },
}

const OLD_WEATHER: PackageOfTest = {
  manifest: {
    id: 'weather',
    name: 'Weather',
    version: '1.0.0',
    permissions: { network: ['https://api.weather.example'], kv: true },
  },
}

function uploads(state: StandInState): readonly string[] {
  return state.changes.map(({ request }) => request).filter((request) => request.startsWith('POST /plugins'))
}

async function pick(page: Page, ...files: ReturnType<typeof pickedFile>[]): Promise<void> {
  await page.locator('input[type=file]').first().setInputFiles(files)
}

/** As the browser does when files are dragged in from the desktop. */
async function drop(page: Page, name: string, bytes: Buffer): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ fileName, base64 }) => {
      const data = new DataTransfer()
      const content = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0))
      data.items.add(new File([content], fileName, { type: 'application/zip' }))
      return data
    },
    { fileName: name, base64: bytes.toString('base64') },
  )
  await page.dispatchEvent('body', 'dragenter', { dataTransfer: transfer })
  const target = page.getByText('Drop the plugin here')
  await target.waitFor()
  await target.dispatchEvent('drop', { dataTransfer: transfer })
}

describe('uploading', { skip: skipWithoutChromium }, () => {
  const suite = pageSuite()

  it(
    'a picked zip is explained first, and installed with everything granted when it is said',
    suite.run(async ({ page, state }) => {
      await pick(page, pickedFile('scale.zip', SCALE))
      const dialog = page.getByRole('dialog')
      await dialog.getByText('Kitchen scale').waitFor()
      await dialog.getByText('It can send any command to such a device', { exact: false }).waitFor()
      await dialog.getByText('vendor 0x0922, product 0x8015').waitFor()
      await dialog.getByText('https://api.example.org').waitFor()
      await dialog.getByText('contributes.menus').waitFor()
      assert.deepEqual(uploads(state), [], 'nothing is installed before it is said')
      await dialog.getByRole('button', { name: 'Install and enable' }).click()
      await page.getByRole('heading', { name: 'Kitchen scale' }).waitFor()
      assert.deepEqual(uploads(state), ['POST /plugins?enable=true&grant=all'])
      assert.match(page.url(), /#\/plugins\/scale$/)
    }),
  )

  it(
    'a zip dropped anywhere can be installed without granting anything',
    suite.run(async ({ page, state }) => {
      await drop(page, 'scale.zip', zipOf(SCALE))
      await page.getByRole('button', { name: 'Install only' }).click()
      await page.getByRole('heading', { name: 'Kitchen scale' }).waitFor()
      assert.deepEqual(uploads(state), ['POST /plugins?enable=false&grant=none'])
      assert.deepEqual(state.plugins.get('scale')?.installation.grants, {})
    }),
  )

  it(
    'cancelling installs nothing, and the same file can be picked again',
    suite.run(async ({ page, state }) => {
      for (const time of [1, 2]) {
        await pick(page, pickedFile('scale.zip', SCALE))
        await page.getByRole('button', { name: 'Install only' }).waitFor()
        await page.keyboard.press('Escape')
        await page.getByRole('dialog').waitFor({ state: 'detached' })
        assert.deepEqual(uploads(state), [], `after time ${time}`)
      }
    }),
  )

  it(
    'the problems of a bad zip are shown with place, code and hint, and nothing can be installed',
    suite.run(async ({ page }) => {
      await pick(page, pickedFile('bad.zip', { ...SCALE, backend: 'syntax error' }))
      const dialog = page.getByRole('dialog')
      await dialog.getByText('Kitchen scale 1.0.0 cannot be installed').waitFor()
      await dialog.getByText('Expected ")" but found "}"').waitFor()
      await dialog.getByText('backend/index.ts:3:5').waitFor()
      await dialog.getByText('fetch(request) {', { exact: false }).waitFor()
      await dialog.getByText('Correct the code at the place').waitFor()
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
    'an update shows what is new against the installed version, and a downgrade asks again',
    suite.run(async ({ page, state }) => {
      state.change('weather', { candidate: null, permissions: { network: ['https://api.weather.example'] } })
      await pick(page, pickedFile('weather.zip', OLD_WEATHER))
      const dialog = page.getByRole('dialog')
      await dialog.getByText('2.0.0 → 1.0.0').waitFor()
      const fresh = dialog.getByRole('listitem').filter({ has: page.getByText('New', { exact: true }) })
      assert.deepEqual(await fresh.count(), 1)
      await fresh.getByText('Keep data of its own').waitFor()
      await dialog.getByRole('button', { name: 'Allow and update' }).click()
      await dialog.getByText('A newer version is installed').waitFor()
      await dialog.getByRole('button', { name: 'Install the older version' }).click()
      await page.getByRole('heading', { name: 'Weather' }).waitFor()
      assert.deepEqual(uploads(state), ['POST /plugins?grant=all', 'POST /plugins?grant=all&downgrade=true'])
    }),
  )

  it(
    'several files are reviewed one after the other',
    suite.run(async ({ page }) => {
      const other = { manifest: { id: 'second', name: 'The second', version: '1.0.0' } }
      await pick(page, pickedFile('scale.zip', SCALE), pickedFile('second.zip', other))
      await page.getByText('One more file waits').waitFor()
      await page.getByRole('button', { name: 'Cancel' }).last().click()
      await page.getByRole('dialog').getByText('The second').waitFor()
      await page.getByText('It asks for nothing').waitFor()
    }),
  )

  it(
    'an empty server teaches what to do',
    suite.run(async ({ page, state }) => {
      for (const id of [...state.plugins.keys()]) state.remove(id)
      await page.getByRole('heading', { name: 'No plugins yet' }).waitFor()
      await page.getByRole('button', { name: 'Choose a zip file' }).waitFor()
    }),
  )
})
