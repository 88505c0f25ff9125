// The page of usb-inspector in a browser, over a bus without hardware.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { folderSource, readableFolders, SAMPLES } from '../../runtime/samples/folder-source.ts'
import { serve } from '../../runtime/serve.ts'
import { openBrowser } from '../support/chromium.ts'
import { ADMIN_TOKEN, startTestRuntime } from '../support/runtime.ts'
import { FakeBus, FakeDevice } from '../support/usb-bus.ts'

const DESCRIPTOR = [18, 1, 0, 2, 0, 0, 0, 64, 0xf4, 0x46, 1, 0, 0, 1, 1, 2, 3, 1]
const NAME = '<b>Stick</b>'
/** By type and number: the value of the request. */
const ANSWERS: Readonly<Record<number, readonly number[]>> = {
  256: DESCRIPTOR,
  768: [4, 3, 9, 4],
  769: [10, 3, ...Buffer.from('Fake', 'utf16le')],
  770: [2 + NAME.length * 2, 3, ...Buffer.from(NAME, 'utf16le')],
}

test('an administrator opens a device, sees what it says, and what it does not', async (t) => {
  const browser = await openBrowser(t)
  if (browser === undefined) return
  const bus = new FakeBus()
  const device = new FakeDevice()
  let isStalling = false
  device.answers = {
    async nativeControlTransferIn({ request, value }) {
      if (isStalling) throw new Error('controlTransferIn error: endpoint stalled')
      return Uint8Array.from(request === 0 ? [1, 0] : (ANSWERS[value] ?? []))
    },
  }
  bus.devices = [device]
  const inspector = await folderSource(join(SAMPLES, 'usb-inspector'))
  const runtime = await startTestRuntime(t, { usb: bus, packageFolders: [...readableFolders(inspector)] })
  await runtime.plugins.upload(inspector, { actor: 'test', enable: true })
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const origin = `http://127.0.0.1:${listening.port}`
  const signedIn = await fetch(`${origin}/api/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ token: ADMIN_TOKEN }),
  })
  const [, name = '', value = ''] = /^([^=]+)=([^;]+)/.exec(signedIn.headers.get('set-cookie') ?? '') ?? []

  assert.equal((await fetch(`${origin}/plugins/usb-inspector/api/devices`)).status, 401)

  const context = await browser.newContext()
  await context.addCookies([{ name, value, url: origin }])
  const page = await context.newPage()
  await page.goto(`${origin}/plugins/usb-inspector/`)
  const button = page.getByRole('button', { name: 'Open Stick' })
  await button.click()
  await page.getByText('It has power of its own, and may not wake the server.').waitFor()
  const inspection = page.locator('#inspection')
  for (const text of ['18164 (0x46f4)', NAME, 'Configuration 1', 'Endpoint 2 out, bulk, 512 bytes'])
    await inspection.getByText(text).first().waitFor()
  isStalling = true
  await button.click()
  await page.getByText('The device does not say how it is powered.').waitFor()
  device.open = async () => {
    throw new Error('open error: device is busy')
  }
  await button.click()
  await page.getByText('The device is used by another program.').waitFor()
  assert.equal(bus.running.size, 0, 'it is closed each time')
})
