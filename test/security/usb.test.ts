// What a plugin, and a process that was taken over, can do with USB devices that were not granted to it: nothing.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createApp } from '../../runtime/app.ts'
import { createUsbDevices } from '../../runtime/devices/usb/usb-devices.ts'
import type { Caller } from '../../runtime/host-calls/host-calls.ts'
import { usbHandlers } from '../../runtime/host-calls/usb.ts'
import { Authority } from '../../runtime/permissions/authority.ts'
import { HandleTable } from '../../runtime/sandbox/instance/handles.ts'
import { noHandles } from '../../sdk/protocol/handles.ts'
import { backendOf, install, startTestRuntime } from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { FakeBus, FakeDevice } from '../support/usb-bus.ts'
import { record } from './helpers/record.ts'

const scope = sharedScope()
const bus = new FakeBus()
const granted = new FakeDevice({ address: 2 })
const hidden = new FakeDevice({ address: 3, vendorId: 0x1111, serialNumber: 'HIDDEN' })

before(() => {
  bus.devices = [granted, hidden]
})

test('a plugin without the grant has no env.usb; one with another grant does not see the device', async () => {
  const runtime = await startTestRuntime(scope, { usb: bus })
  const backend = backendOf(`
    if (env.usb === undefined) return Response.json({ has: env.has('usb') })
    return Response.json((await env.usb.getDevices()).map(({ serialNumber }) => serialNumber))`)
  await install(runtime, { id: 'without', backend })
  await install(runtime, { id: 'with', backend, manifest: { permissions: { usb: [{ vendorId: 0x46f4 }] } } })
  const app = createApp(runtime)
  const ask = async (id: string) =>
    await (await app.request(`http://127.0.0.1:3000/plugins/${id}/api/`)).json()
  assert.deepEqual(await ask('without'), { has: false })
  assert.deepEqual(await ask('with'), ['ONE'])
})

test('the id of a device that is not granted opens nothing, even when it is known', async () => {
  const devices = createUsbDevices({ backend: bus, pollMs: 3_600_000 })
  scope.after(() => devices.close())
  const opened: string[] = []
  const sessions = {
    open: async (device: { readonly serialNumber: string | null }) => {
      opened.push(String(device.serialNumber))
      throw new Error('This is not reached')
    },
  }
  const handlers = usbHandlers({
    devices,
    sessions: sessions as never,
    ofPlugins: { chosenOf: async (_plugin, among) => among },
  })
  const authority = new Authority()
  const mandate = authority.mandate({ usb: [{ vendorId: 0x46f4 }] })
  const caller = { pluginId: 'one', mandate, limits: { usbTransfersPerSecond: 1 }, isReadOnly: false }
  const streams = { handles: new HandleTable(noHandles()) }
  const call = (name: 'usb.open' | 'usb.requestDevice', args: readonly unknown[]) =>
    handlers[name](caller as unknown as Caller, args, undefined, streams as never)
  const found = (await devices.list()).find(({ serialNumber }) => serialNumber === 'HIDDEN')
  assert.ok(found !== undefined)
  await assert.rejects(call('usb.open', [devices.idOf(found)]), { code: 'DEVICE_GONE' })
  const asked = await call('usb.requestDevice', [{ filters: [{ vendorId: 0x1111 }] }])
  assert.equal((asked.head as { readonly error: string }).error, 'NotFoundError')
  assert.deepEqual(opened, [])

  // What was granted when the release started counts no more after a change.
  const own = (await devices.list()).find(({ serialNumber }) => serialNumber === 'ONE')
  assert.ok(own !== undefined)
  authority.change({ usb: [{ vendorId: 0x1111 }] })
  await assert.rejects(call('usb.open', [devices.idOf(own)]), { code: 'DEVICE_GONE' })
  await assert.rejects(call('usb.open', [devices.idOf(found)]), { code: 'DEVICE_GONE' })
  assert.deepEqual(opened, [])
  record({ id: 'USB-ids', area: 'usb', title: 'ids of devices that are not granted', culprit: 'DEVICE_GONE' })
})

test('a process that was taken over can forge no handle, and no number, size or request that is none', async () => {
  const runtime = await startTestRuntime(scope, {
    usb: bus,
    sandboxEntry: new URL('./walls/fake-sandbox.ts', import.meta.url),
  })
  // The fake holds no isolates: the backend is never run.
  await install(runtime, {
    id: 'usb',
    backend: backendOf('return new Response()'),
    manifest: { permissions: { usb: [{ vendorId: 0x46f4 }] } },
  })
  const transfers: number[] = []
  granted.answers.nativeTransferIn = async (_endpoint, _ms, length) => {
    transfers.push(length)
    await new Promise((resolve) => setTimeout(resolve, 5))
    return new Uint8Array(length)
  }
  const response = await createApp(runtime).request('http://127.0.0.1:3000/plugins/usb/api/')
  const told = (await response.json()) as Record<string, string>
  assert.match(told.opened ?? '', /^reply \{"handle":1,"configurationValue":1\}/)
  assert.match(told['opened twice'] ?? '', /^error DEVICE_BUSY/)
  for (const [name, answer] of Object.entries(told)) {
    if (name.startsWith('open ')) assert.match(answer, /^error DEVICE_GONE/, name)
    if (/^forged (?:claim|read)/.test(name)) assert.match(answer, /^error HANDLE_CLOSED/, name)
    if (name.startsWith('forged close')) assert.equal(answer, 'reply null', name)
    if (name.startsWith('other ')) assert.match(answer, /^error (?:HANDLE_CLOSED|PERMISSION_DENIED)/, name)
    if (name.startsWith('bad ')) assert.match(answer, /^error HOST_CALL_INVALID/, name)
    if (name.startsWith('too long')) assert.match(answer, /^reply \{"error":"QuotaExceededError"/, name)
  }
  assert.match(told['not claimed'] ?? '', /^reply \{"error":"NotFoundError"/)
  assert.equal(told.claimed, 'reply null')
  // 32 may be under way at a time: some of the first end before the last arrive.
  assert.ok(Number(told.refused) > 100, `${told.refused} of 200 were refused`)
  assert.deepEqual(new Set(transfers), new Set([1]))
  assert.deepEqual(hidden.log, [])
  record({
    id: 'USB-forged',
    area: 'usb',
    title: 'forged handles, numbers, sizes; 200 transfers at once',
    culprit: 'refused',
  })
})
