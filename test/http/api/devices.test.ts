import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openApi } from '../../support/api-server.ts'
import { startTestRuntime } from '../../support/runtime.ts'

const runtime = await startTestRuntime({ after })

const stick = {
  key: '1-2',
  vendorId: 18164,
  productId: 1,
  deviceClass: 0,
  deviceSubclass: 0,
  deviceProtocol: 0,
  usbVersionMajor: 2,
  usbVersionMinor: 0,
  usbVersionSubminor: 0,
  deviceVersionMajor: 1,
  deviceVersionMinor: 0,
  deviceVersionSubminor: 0,
  interfaceClasses: [8],
  configurations: [],
  configurationValue: null,
  manufacturerName: null,
  productName: 'Stick',
  serialNumber: null,
}

test('the devices of the machine are listed, with null for what they do not say', async (t) => {
  const api = await openApi(t, runtime, { devices: [stick] })
  const response = await api.request('/devices', { token: api.admin })
  assert.deepEqual(await response.json(), {
    items: [
      {
        key: '1-2',
        vendorId: 18164,
        productId: 1,
        deviceClass: 0,
        interfaceClasses: [8],
        manufacturerName: null,
        productName: 'Stick',
        serialNumber: null,
      },
    ],
    nextCursor: null,
  })
})

test('a machine without devices has an empty list', async (t) => {
  const api = await openApi(t, runtime)
  const response = await api.request('/devices', { token: api.admin })
  assert.deepEqual(await response.json(), { items: [], nextCursor: null })
})
