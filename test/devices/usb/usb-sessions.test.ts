import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createUsbDevices, type UsbDeviceInfo } from '../../../runtime/devices/usb/usb-devices.ts'
import type { UsbSession } from '../../../runtime/devices/usb/usb-session.ts'
import { type UsbHolder, UsbSessions } from '../../../runtime/devices/usb/usb-sessions.ts'
import { PlugbayError } from '../../../runtime/errors.ts'
import type { UsbSetup } from '../../../sdk/protocol/usb-wire.ts'
import { FakeBus, FakeDevice, hanging, unplugged } from '../../support/usb-bus.ts'

const VENDOR: UsbSetup = { requestType: 'vendor', recipient: 'device', request: 1, value: 0, index: 0 }

/** The name of the outcome, or the code of the refusal. */
async function failure(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'nothing failed',
    (error: unknown) => (error as { readonly code?: string }).code ?? String(error),
  )
}

function setUp(t: TestContext, device = new FakeDevice()) {
  const bus = new FakeBus()
  bus.devices = [device]
  const devices = createUsbDevices({ backend: bus, pollMs: 3_600_000 })
  const audit: string[] = []
  const charged: string[] = []
  const sessions = new UsbSessions({
    devices,
    connect: () => bus.connect(),
    audit: async (plugin, { vendorId }) => void audit.push(`${plugin} ${vendorId}`),
    charge: (plugin) => void charged.push(plugin),
    warn: () => undefined,
    times: { changeMs: 500, sendMs: 500, receiveMs: 500 },
  })
  t.after(async () => {
    await sessions.close()
    await devices.close()
    assert.equal(bus.running.size, 0, 'no process is left')
  })
  const info = async (): Promise<UsbDeviceInfo> => {
    const [found] = await devices.list()
    assert.ok(found !== undefined)
    return found
  }
  const open = async (holder: Partial<UsbHolder> = {}): Promise<UsbSession> =>
    (await sessions.open(await info(), { ...HOLDER, ...holder })).session
  return { bus, device, devices, sessions, audit, charged, info, open }
}

const HOLDER: UsbHolder = {
  pluginId: 'one',
  transfersPerSecond: 1000,
  isReplaced: () => false,
  permit: () => undefined,
  mayDetach: () => false,
  onChange: () => () => undefined,
}

test('data go to a device and come back, and a stall is a result', async (t) => {
  const { open, device } = setUp(t)
  const session = await open()
  await session.claimInterface(0)
  const sent: unknown[] = []
  device.answers.nativeTransferOut = async (endpoint, _ms, data) => {
    sent.push([endpoint, ...data])
    return data.byteLength
  }
  assert.deepEqual(await session.transferOut(2, Uint8Array.of(1, 2)), { status: 'ok', bytesWritten: 2 })
  assert.deepEqual(sent, [[2, 1, 2]])
  const { result, bytes } = await session.transferIn(1, 3)
  assert.deepEqual([result, bytes], [{ status: 'ok' }, Uint8Array.of(1, 1, 1)])
  const { bytes: descriptor } = await session.controlTransferIn(VENDOR, 2)
  assert.deepEqual(descriptor, Uint8Array.of(7, 7))

  device.answers.nativeTransferIn = async () => {
    throw new Error('transferIn error: Stall')
  }
  assert.deepEqual((await session.transferIn(1, 3)).result, { status: 'stall' })
  await session.clearHalt('in', 1)
  device.answers.nativeControlTransferOut = async () => {
    throw new Error('controlTransferOut error: endpoint stalled')
  }
  assert.deepEqual(await session.controlTransferOut(VENDOR, Uint8Array.of(1)), {
    status: 'stall',
    bytesWritten: 0,
  })
})

test('an operation on what is not there, not claimed, or of another kind has the error of WebUSB', async (t) => {
  const { open } = setUp(t)
  const session = await open()
  const ask = (recipient: UsbSetup['recipient'], index: number) =>
    failure(session.controlTransferIn({ ...VENDOR, recipient, index }, 1))
  assert.equal(await failure(session.claimInterface(9)), 'NotFoundError')
  assert.equal(await failure(session.transferIn(1, 1)), 'NotFoundError')
  assert.equal(await failure(session.selectConfiguration(4)), 'NotFoundError')
  assert.equal(await failure(session.selectAlternateInterface(1, 1)), 'InvalidStateError')
  assert.equal(await ask('interface', 0), 'InvalidStateError')
  assert.equal(await ask('interface', 0x0100), 'InvalidStateError', 'the high byte is not of the number')
  assert.equal(await ask('interface', 9), 'NotFoundError')
  assert.equal(await ask('endpoint', 0x81), 'NotFoundError')
  await session.claimInterface(1)
  assert.equal(await failure(session.selectAlternateInterface(1, 7)), 'NotFoundError')
  assert.equal(await failure(session.transferIn(3, 1)), 'NotFoundError', 'of another alternate setting')
  await session.selectAlternateInterface(1, 1)
  assert.equal(await failure(session.transferIn(4, 1)), 'InvalidAccessError')
  assert.equal(await failure(session.isochronousTransfer('in', 3)), 'InvalidAccessError')
  assert.equal(await failure(session.isochronousTransfer('in', 4)), 'NotSupportedError')
  assert.equal(await ask('endpoint', 0x83), 'nothing failed')
})

test('requests that the system makes itself are refused', async (t) => {
  const { open } = setUp(t)
  const session = await open()
  for (const request of [5, 9, 11]) {
    const setup: UsbSetup = { ...VENDOR, requestType: 'standard', request }
    assert.equal(await failure(session.controlTransferOut(setup, new Uint8Array(0))), 'SecurityError')
    const asClass: UsbSetup = { ...setup, requestType: 'class' }
    assert.equal(await failure(session.controlTransferOut(asClass, new Uint8Array(0))), 'nothing failed')
  }
})

test('a hub is not opened', async (t) => {
  const { open } = setUp(t, new FakeDevice({ deviceClass: 9 }))
  assert.equal(await failure(open()), 'SecurityError')
})

test('a device has one session, whose holder is named; it is free when that is closed', async (t) => {
  const { open, audit, bus } = setUp(t)
  const session = await open()
  await assert.rejects(open({ pluginId: 'two' }), { code: 'DEVICE_BUSY', message: /by the plugin "one"$/ })
  await assert.rejects(open(), { code: 'DEVICE_BUSY', message: /by this plugin already$/ })
  // The process of the first takes a moment to end.
  const slow = Promise.withResolvers<void>()
  bus.ending = slow.promise
  void session.close()
  const opening = open({ pluginId: 'two' })
  slow.resolve()
  await opening
  assert.deepEqual(audit, ['one 18164', 'two 18164'])
})

test('a new release of the plugin takes the device over from the one before', async (t) => {
  const { open } = setUp(t)
  const old = await open({ isReplaced: () => true })
  await open()
  assert.equal(await failure(old.controlTransferIn(VENDOR, 1)), 'RELEASE_REPLACED')
})

test('an unplugged device rejects what is under way at once, and everything after', async (t) => {
  const { open, device, bus } = setUp(t)
  const session = await open()
  await session.claimInterface(0)
  device.answers.nativeTransferIn = hanging
  const waiting = failure(session.transferIn(1, 1))
  const sending = failure(session.transferIn(1, 1))
  bus.plug()
  assert.deepEqual(await Promise.all([waiting, sending]), ['DEVICE_GONE', 'DEVICE_GONE'])
  assert.equal(await failure(session.claimInterface(1)), 'DEVICE_GONE')
  await session.closed
})

test('a transfer that finds the device gone ends the session, before the system has said so', async (t) => {
  const { open, device } = setUp(t)
  const session = await open()
  await session.claimInterface(0)
  device.answers.nativeTransferIn = unplugged
  assert.equal(await failure(session.transferIn(1, 1)), 'DEVICE_GONE')
  assert.equal(await failure(session.reset()), 'DEVICE_GONE')
  await session.closed
})

test('a grant that is taken back ends the session at once, also in the middle of a transfer', async (t) => {
  const { open, device } = setUp(t)
  let isGranted = true
  const listeners = new Set<() => void>()
  const session = await open({
    permit() {
      if (!isGranted) throw new PlugbayError('PERMISSION_DENIED', 'Not any more')
    },
    onChange(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  })
  await session.claimInterface(0)
  device.answers.nativeTransferIn = hanging
  const waiting = failure(session.transferIn(1, 1))
  // A change that leaves the grant as it is ends nothing.
  for (const listener of listeners) listener()
  assert.equal(session.ended, undefined)
  isGranted = false
  for (const listener of listeners) listener()
  assert.equal(await waiting, 'PERMISSION_DENIED')
  assert.equal(await failure(session.transferIn(1, 1)), 'PERMISSION_DENIED')
  await session.closed
  assert.equal(listeners.size, 0)
})

test('a device that does not answer costs its session, by the deadline', async (t) => {
  const { open, device } = setUp(t)
  const session = await open()
  device.claimInterface = hanging
  const claiming = failure(session.claimInterface(0))
  const behind = failure(session.controlTransferIn(VENDOR, 1))
  assert.deepEqual(await Promise.all([claiming, behind]), ['DEVICE_UNRESPONSIVE', 'DEVICE_UNRESPONSIVE'])
})

test('a transfer that takes too long is a TimeoutError, and the session goes on', async (t) => {
  const { open, device } = setUp(t)
  const session = await open()
  await session.claimInterface(0)
  device.answers.nativeTransferIn = async () => {
    throw new Error('transferIn error: Cancelled')
  }
  assert.equal(await failure(session.transferIn(1, 1)), 'TimeoutError')
  assert.equal(await failure(session.transferOut(2, Uint8Array.of(1))), 'nothing failed')
})

test('closing aborts what is under way', async (t) => {
  const { open, device } = setUp(t)
  const session = await open()
  await session.claimInterface(0)
  device.answers.nativeTransferIn = hanging
  const waiting = failure(session.transferIn(1, 1))
  await session.close()
  assert.equal(await waiting, 'AbortError')
  assert.equal(await failure(session.transferIn(1, 1)), 'HANDLE_CLOSED')
})

test('what must abort transfers does so, and the device is as it was before', async (t) => {
  const { open, device } = setUp(t)
  const session = await open()
  await session.claimInterface(0)
  await session.claimInterface(1)
  await session.selectAlternateInterface(1, 1)
  device.answers.nativeTransferIn = hanging
  const waiting = failure(session.transferIn(3, 8))
  // It is under way: a turn of the event loop later it has been sent.
  await new Promise((resolve) => setTimeout(resolve, 10))
  device.log.length = 0
  await session.reset()
  assert.equal(await waiting, 'AbortError')
  assert.deepEqual(device.log, [
    ...['open', 'claim 0', 'claim 1', 'alternate 1.1'],
    ...['release 0', 'release 1', 'reset with 0 claimed', 'claim 0', 'claim 1'],
  ])
  device.answers = {}
  assert.equal(await failure(session.transferIn(3, 8)), 'nothing failed')
  assert.equal(await failure(session.transferOut(2, Uint8Array.of(1))), 'nothing failed')
})

test('an interface of a driver of the system is taken only with the grant for it, and given back', async (t) => {
  const { open, device } = setUp(t)
  device.drivers.add(0)
  const without = await open()
  assert.equal(await failure(without.claimInterface(0)), 'NetworkError')
  assert.deepEqual([...device.drivers], [0])
  await without.close()

  const session = await open({ mayDetach: () => true })
  await session.claimInterface(0)
  await session.claimInterface(1)
  assert.deepEqual([...device.drivers], [])
  await session.releaseInterface(0)
  assert.deepEqual([...device.drivers], [0])
  await session.claimInterface(0)
  await session.close()
  assert.deepEqual([...device.drivers], [0])
})

test('an interface is given back also when its process had to be killed', async (t) => {
  const { open, device } = setUp(t)
  device.drivers.add(0)
  const session = await open({ mayDetach: () => true })
  await session.claimInterface(0)
  device.answers.nativeTransferIn = hanging
  const waiting = failure(session.transferIn(1, 1))
  await session.close()
  assert.equal(await waiting, 'AbortError')
  assert.deepEqual([...device.drivers], [0])
})

test('an endpoint works on one transfer at a time, others beside it', async (t) => {
  const { open, device } = setUp(t)
  const session = await open()
  await session.claimInterface(0)
  let running = 0
  let most = 0
  device.answers.nativeTransferIn = async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => setTimeout(resolve, 5))
    running--
    return Uint8Array.of(1)
  }
  await Promise.all([1, 2, 3, 4].map(() => session.transferIn(1, 1)))
  assert.equal(most, 1)
})

test('transfers under way are limited in number and in bytes', async (t) => {
  const { open, device } = setUp(t)
  const session = await open()
  await session.claimInterface(0)
  device.answers.nativeTransferIn = hanging
  const many = Array.from({ length: 40 }, () => failure(session.transferIn(1, 1)))
  assert.equal(await many[39], 'QuotaExceededError')
  await session.close()
  const outcomes = await Promise.all(many)
  assert.deepEqual(new Set(outcomes.slice(0, 32)), new Set(['AbortError']))
  assert.deepEqual(new Set(outcomes.slice(32)), new Set(['QuotaExceededError']))

  const again = await open()
  await again.claimInterface(0)
  const large = Array.from({ length: 5 }, () => failure(again.transferIn(1, 1024 * 1024)))
  assert.equal(await large[4], 'QuotaExceededError')
})

test('opening is limited in a minute, and what a process uses is charged', async (t) => {
  const { open, charged } = setUp(t)
  for (let opened = 0; opened < 60; opened++) await (await open()).close()
  assert.equal(await failure(open()), 'QuotaExceededError')
  assert.equal(await failure(open({ pluginId: 'two' })), 'nothing failed')
  assert.ok(charged.includes('one'))
})

test('a device whose row cannot be written is not opened', async (t) => {
  const { bus, devices, info } = setUp(t)
  const sessions = new UsbSessions({
    devices,
    connect: () => bus.connect(),
    audit: () => Promise.reject(new Error('disk full')),
    charge: () => undefined,
    warn: () => undefined,
  })
  await assert.rejects(sessions.open(await info(), HOLDER), /disk full/)
  await sessions.close()
  assert.equal(bus.running.size, 0)
})
