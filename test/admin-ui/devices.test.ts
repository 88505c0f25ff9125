// The USB devices of a plugin, on its page.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skipWithoutChromium } from '../support/chromium.ts'
import { install } from '../support/runtime.ts'
import { FakeBus, FakeDevice } from '../support/usb-bus.ts'
import { pageSuite } from './page-suite.ts'

describe('devices of a plugin', { skip: skipWithoutChromium }, () => {
  const usb = new FakeBus()
  const stick = new FakeDevice({ serialNumber: 'A1B2' })
  usb.devices = [stick, new FakeDevice({ address: 3, productId: 2, serialNumber: null })]
  const suite = pageSuite({
    usb,
    async prepare(runtime) {
      await install(runtime, { id: 'reader', manifest: { permissions: { usb: [{ vendorId: 0x46f4 }] } } })
      await install(runtime, { id: 'plain' })
    },
  })

  it(
    'are chosen and taken back, and stay in the list while they are away',
    suite.run(async ({ page, admin, runtime, changes }) => {
      await page.goto(`${admin}#/plugins/reader/permissions`)
      await page.getByRole('heading', { name: 'USB devices' }).waitFor()
      const first = page.getByRole('switch', { name: /serial number A1B2|Fake Stick/ }).first()
      await page.getByText('46f4:0001, serial number A1B2').waitFor()
      await page.getByText('46f4:0002', { exact: true }).waitFor()
      await first.click()
      await page.waitForFunction(() =>
        document.querySelector<HTMLInputElement>('input:checked[role="switch"]'),
      )
      assert.deepEqual(changes.at(-1), {
        request: 'PUT /plugins/reader/devices',
        body: { chosen: [{ vendorId: 0x46f4, productId: 1, serialNumber: 'A1B2' }] },
      })
      const stored = await runtime.store.deviceChoices.of('reader')
      assert.deepEqual(stored, [{ vendorId: 0x46f4, productId: 1, serialNumber: 'A1B2' }])
      const [, ...others] = usb.devices
      usb.devices = others
      await page.getByText('not plugged in').waitFor()
      await page.getByRole('switch', { name: /not plugged in/ }).click()
      await page.getByText('not plugged in').waitFor({ state: 'detached' })
      assert.deepEqual(await runtime.store.deviceChoices.of('reader'), [])
    }),
  )

  it(
    'are not shown for a plugin that has no such grant',
    suite.run(async ({ page, admin }) => {
      await page.goto(`${admin}#/plugins/plain/permissions`)
      await page.getByRole('switch', { name: 'Be open to everyone' }).waitFor()
      assert.equal(await page.getByRole('heading', { name: 'USB devices' }).count(), 0)
    }),
  )
})
