import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import type { UsbBackend, UsbDeviceInfo } from '../../../runtime/devices/usb/usb-backend.ts'
import {
  createUsbDevices,
  type UsbChange,
  type UsbOptions,
} from '../../../runtime/devices/usb/usb-devices.ts'

function device(key: string, serialNumber = key): UsbDeviceInfo {
  return {
    key,
    vendorId: 0x46f4,
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
    manufacturerName: 'Fake',
    productName: 'Stick',
    serialNumber,
    interfaceClasses: [8],
    configurations: [],
    configurationValue: null,
  }
}

/** A bus that the test plugs things into. */
class FakeBus implements UsbBackend {
  plugged: UsbDeviceInfo[] = []
  failure: Error | undefined
  refuseWatch = false
  scans = 0
  watchers = 0
  /** Awaited by each scan after it has read the bus, as a slow system would make it wait. */
  slow: Promise<void> = Promise.resolve()
  isClosed = false
  readonly pids: readonly number[] = []
  #onHint: () => void = () => undefined

  async list(): Promise<readonly UsbDeviceInfo[]> {
    this.scans += 1
    const found = [...this.plugged]
    await this.slow
    if (this.failure !== undefined) throw this.failure
    return found
  }

  async watch(onHint: () => void): Promise<() => Promise<void>> {
    if (this.refuseWatch) throw new Error('no socket')
    this.watchers += 1
    this.#onHint = onHint
    return async () => {
      this.watchers -= 1
      this.#onHint = () => undefined
    }
  }

  connect(): never {
    throw new Error('No device is opened here')
  }

  async close(): Promise<void> {
    this.isClosed = true
  }

  change(plugged: UsbDeviceInfo[]): void {
    this.plugged = plugged
    this.#onHint()
  }
}

function setUp(t: TestContext, options: Partial<UsbOptions> = {}) {
  const bus = new FakeBus()
  const warnings: string[] = []
  const usb = createUsbDevices({
    pollMs: 3_600_000,
    backend: bus,
    warn: (message) => warnings.push(message),
    ...options,
  })
  t.after(() => usb.close())
  const changes: string[] = []
  let wake: () => void = () => undefined
  const listener = (change: UsbChange): void => {
    changes.push(`${change.kind} ${change.device.key}`)
    wake()
  }
  const untilChanges = async (count: number): Promise<void> => {
    // The timers of the watch do not keep this process alive, so something else must.
    const alive = setInterval(() => undefined, 60_000)
    while (changes.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    clearInterval(alive)
  }
  return { bus, usb, warnings, changes, listener, untilChanges }
}

test('the list is what is plugged in now', async (t) => {
  const { bus, usb } = setUp(t)
  assert.deepEqual(await usb.list(), [])
  bus.plugged = [device('1:2')]
  assert.deepEqual(await usb.list(), [device('1:2')])
})

test('plugging in and out notifies every listener, after the hint of the system', async (t) => {
  const { bus, usb, changes, listener, untilChanges } = setUp(t)
  bus.plugged = [device('1:1')]
  const others: UsbChange[] = []
  usb.subscribe((change) => others.push(change))
  usb.subscribe(listener)
  await usb.list()
  bus.change([device('1:1'), device('1:2')])
  await untilChanges(1)
  bus.change([device('1:2')])
  await untilChanges(2)
  assert.deepEqual(changes, ['connect 1:2', 'disconnect 1:1'])
  assert.deepEqual(others, [
    { kind: 'connect', device: device('1:2') },
    { kind: 'disconnect', device: device('1:1') },
  ])
})

test('without hints from the system the changes are found by looking', async (t) => {
  const { bus, usb, changes, listener, untilChanges, warnings } = setUp(t, { pollMs: 5 })
  bus.refuseWatch = true
  usb.subscribe(listener)
  await usb.list()
  bus.plugged = [device('1:2')]
  await untilChanges(1)
  bus.plugged = []
  await untilChanges(2)
  assert.deepEqual(changes, ['connect 1:2', 'disconnect 1:2'])
  assert.equal(warnings.length, 1)
})

test('a hint that comes while the bus is being read is not lost', async (t) => {
  const { bus, usb, changes, listener, untilChanges } = setUp(t)
  usb.subscribe(listener)
  await usb.list()
  const gate = Promise.withResolvers<void>()
  bus.slow = gate.promise
  const before = bus.scans
  bus.change([])
  while (bus.scans === before) await new Promise((resolve) => setImmediate(resolve))
  bus.change([device('1:2')])
  gate.resolve()
  await untilChanges(1)
  assert.deepEqual(changes, ['connect 1:2'])
})

test('another device at the address of one that went is another device', async (t) => {
  const { bus, usb, changes, listener, untilChanges } = setUp(t)
  bus.plugged = [device('1:2', 'first')]
  usb.subscribe(listener)
  await usb.list()
  bus.change([device('1:2', 'second')])
  await untilChanges(2)
  assert.deepEqual(changes, ['disconnect 1:2', 'connect 1:2'])
})

test('a device whose interfaces appear late is announced when it is complete', async (t) => {
  const { bus, usb, changes, listener, untilChanges } = setUp(t)
  const heard: UsbChange[] = []
  usb.subscribe((change) => heard.push(change))
  usb.subscribe(listener)
  await usb.list()
  bus.change([{ ...device('1:2'), interfaceClasses: [] }])
  await usb.list()
  assert.deepEqual(changes, [])
  // Found by looking again: the system says nothing of this step.
  bus.plugged = [device('1:2')]
  await untilChanges(1)
  bus.plugged = [{ ...device('1:2'), interfaceClasses: [] }]
  await usb.list()
  bus.change([])
  await untilChanges(2)
  assert.deepEqual(heard, [
    { kind: 'connect', device: device('1:2') },
    { kind: 'disconnect', device: device('1:2') },
  ])
})

test('a device that stays without interfaces is announced all the same', async (t) => {
  const { bus, usb, changes, listener, untilChanges } = setUp(t)
  usb.subscribe(listener)
  await usb.list()
  bus.change([{ ...device('1:2'), interfaceClasses: [] }])
  await untilChanges(1)
  bus.change([])
  await untilChanges(2)
  assert.deepEqual(changes, ['connect 1:2', 'disconnect 1:2'])
})

test('an unsubscribed listener is not called again, and the watch ends with the last one', async (t) => {
  const { bus, usb, changes, listener, untilChanges } = setUp(t)
  const stopOne = usb.subscribe(listener)
  const stopTwo = usb.subscribe(listener)
  await usb.list()
  assert.equal(bus.watchers, 1)
  stopOne()
  stopOne()
  bus.change([device('1:2')])
  await untilChanges(1)
  await usb.list()
  assert.deepEqual(changes, ['connect 1:2'])
  stopTwo()
  while (bus.watchers > 0) await new Promise((resolve) => setImmediate(resolve))
  bus.plugged = []
  await usb.list()
  assert.deepEqual(changes, ['connect 1:2'])

  // A later subscriber is not notified of devices that were there before.
  bus.plugged = [device('1:3')]
  usb.subscribe(listener)
  await usb.list()
  bus.change([])
  await untilChanges(2)
  assert.deepEqual(changes, ['connect 1:2', 'disconnect 1:3'])
})

test('a listener that throws is reported and does not affect the others', async (t) => {
  const { bus, usb, listener, untilChanges, warnings } = setUp(t)
  usb.subscribe(() => {
    throw new Error('broken listener')
  })
  usb.subscribe(listener)
  await usb.list()
  bus.change([device('1:2')])
  await untilChanges(1)
  assert.deepEqual(warnings, ['A listener of USB changes failed'])
})

test('a machine without USB has an empty list and one line in the log', async (t) => {
  const { bus, usb, warnings, listener, changes } = setUp(t)
  bus.failure = new Error('/sys/bus/usb/devices/ not found')
  assert.deepEqual(await usb.list(), [])
  usb.subscribe(listener)
  assert.deepEqual(await usb.list(), [])
  assert.equal(warnings.length, 1)
  bus.failure = undefined
  bus.plugged = [device('1:2')]
  assert.deepEqual(await usb.list(), [device('1:2')])
  assert.deepEqual(changes, ['connect 1:2'])
})

test('after close no listener is called, and closing again changes nothing', async (t) => {
  const { bus, usb, changes, listener } = setUp(t)
  usb.subscribe(listener)
  await usb.list()
  await usb.close()
  await usb.close()
  assert.equal(bus.watchers, 0)
  assert.ok(bus.isClosed)
  const scans = bus.scans
  bus.change([device('1:2')])
  assert.deepEqual(await usb.list(), [])
  usb.subscribe(listener)
  assert.equal(bus.scans, scans)
  assert.deepEqual(changes, [])
})

const source = (path: string): string =>
  JSON.stringify(new URL(`../../../runtime/${path}`, import.meta.url).href)

test('the real library lists what this machine has, and lets the process end after close', async (t) => {
  const script = `
    import { createUsbBackend } from ${source('devices/usb/usb-backend.ts')}
    import { createUsbDevices } from ${source('devices/usb/usb-devices.ts')}
    import { createLog } from ${source('log.ts')}
    import { NO_JAIL } from ${source('processes/jail/jail.ts')}
    let warnings = 0
    const backend = createUsbBackend({ jail: NO_JAIL, log: createLog('silent') })
    const usb = createUsbDevices({ backend, warn: () => { warnings += 1 } })
    usb.subscribe(() => undefined)
    const list = await usb.list()
    await usb.close()
    console.log(JSON.stringify({ list, warnings }))`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  const [code] = await once(child, 'close')
  assert.equal(code, 0)
  const { list, warnings } = JSON.parse(output)
  assert.ok(Array.isArray(list))
  assert.ok(warnings <= 1)
  for (const each of list) assert.equal(typeof each.vendorId, 'number')
})
