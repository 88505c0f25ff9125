/// <reference types="w3c-web-usb" />
// env.usb, as a plugin uses it: a real runtime and a real guest, over a bus without hardware.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import type { UsbDevice } from '../../../sdk/plugin-api/usb.ts'
import { api, install, send, startTestRuntime, until } from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'
import { FakeBus, FakeDevice, hanging } from '../../support/usb-bus.ts'

/** Fails to compile where the shape differs from WebUSB's, as its types say. */
const isWebUsb: (device: UsbDevice) => USBDevice = (device) => device

const BACKEND = `
const events = []
let isListening = false
export default {
  async fetch(request, env) {
    if (!isListening) {
      isListening = true
      env.usb.addEventListener('connect', (event) => events.push(['connect', event.device]))
      env.usb.ondisconnect = (event) => events.push(['disconnect', event.device])
    }
    const run = new Function('usb', 'events', 'return (async () => {' + (await request.text()) + '})()')
    try {
      return Response.json((await run(env.usb, events)) ?? null)
    } catch (error) {
      return Response.json({ error: error.name, message: error.message, code: error.cause?.code })
    }
  },
}
`
const scope = sharedScope()
let runtime: Runtime
let bus: FakeBus
let device: FakeDevice

before(async () => {
  bus = new FakeBus()
  runtime = await startTestRuntime(scope, { usb: bus })
  const grant = [{ vendorId: 0x46f4 }]
  for (const id of ['one', 'two'])
    await install(runtime, { id, backend: BACKEND, manifest: { permissions: { usb: grant } } })
})

async function run(code: string, id = 'one'): Promise<unknown> {
  const url = `http://127.0.0.1:3000/plugins/${id}/api/`
  const response = await createApp(runtime).request(url, { method: 'POST', body: code })
  return await response.json()
}

/** A device that no test before has opened. */
function plugIn(facts: ConstructorParameters<typeof FakeDevice>[0] = {}): void {
  device = new FakeDevice({ address: ++address, ...facts })
  bus.plug(device)
}
let address = 1

test('a device is described, opened, read and written, and closed', async () => {
  plugIn()
  assert.equal(typeof isWebUsb, 'function')
  device.answers.nativeTransferOut = async (_endpoint, _ms, data) => data.byteLength
  device.answers.nativeTransferIn = async () => Uint8Array.of(5, 6)
  const seen = await run(`
    const [device] = await usb.getDevices()
    const states = [device.opened, device.configuration.interfaces[1].claimed]
    await device.open()
    await device.claimInterface(0)
    await device.claimInterface(1)
    await device.selectAlternateInterface(1, 1)
    const { interfaces } = device.configuration
    states.push(device.opened, interfaces[1].claimed, interfaces[1].alternate.alternateSetting)
    const sent = await device.transferOut(2, Uint8Array.of(1, 2, 3).subarray(1))
    const { data, status } = await device.transferIn(1, 2)
    const setup = { requestType: 'standard', recipient: 'device', request: 6, value: 0x100, index: 0 }
    const descriptor = await device.controlTransferIn(setup, 18)
    await device.releaseInterface(0)
    states.push(interfaces[0].claimed)
    await device.close()
    states.push(device.opened, interfaces[1].claimed)
    return {
      states, sent, status, bytes: [...new Uint8Array(data.buffer)], length: descriptor.data.byteLength,
      names: [device.productName, device.serialNumber, device.configurations.length],
      isSame: (await usb.getDevices())[0] === device,
      frozen: [device, device.configurations, interfaces[1].alternate.endpoints[0]].every(Object.isFrozen),
    }`)
  assert.deepEqual(seen, {
    states: [false, false, true, true, 1, false, false, false],
    sent: { status: 'ok', bytesWritten: 2 },
    status: 'ok',
    bytes: [5, 6],
    length: 18,
    names: ['Stick', 'ONE', 1],
    isSame: true,
    frozen: true,
  })
})

test('the outcomes are exceptions that WebUSB names', async () => {
  plugIn()
  const nameOf = async (code: string): Promise<unknown> => {
    const outcome = await run(`
      const [device] = await usb.getDevices()
      await device.open()
      try { ${code} } finally { await device.close() }`)
    return (outcome as { readonly error?: string } | null)?.error
  }
  const names = [
    ['await device.claimInterface(7)', 'NotFoundError'],
    ['await device.transferIn(1, 1)', 'NotFoundError'],
    [
      'await device.claimInterface(1); await device.selectAlternateInterface(1, 1); await device.isochronousTransferIn(4, [1])',
      'NotSupportedError',
    ],
    ['await device.transferIn(1, 2 ** 21)', 'QuotaExceededError'],
    ['await device.transferIn(300, 1)', 'TypeError'],
    ['await device.transferOut(2, "text")', 'TypeError'],
    ['await device.controlTransferIn({ requestType: "vendor" }, 1)', 'TypeError'],
    ['await device.close(); await device.claimInterface(0)', 'InvalidStateError'],
  ] as const
  for (const [code, name] of names) assert.equal(await nameOf(code), name, code)
})

test('another plugin is told who has the device', async () => {
  plugIn()
  await run('const [device] = await usb.getDevices(); await device.open()')
  assert.deepEqual(await run('const [device] = await usb.getDevices(); await device.open()', 'two'), {
    error: 'NetworkError',
    message: 'The device is in use by the plugin "one"',
    code: 'DEVICE_BUSY',
  })
  await run('const [device] = await usb.getDevices(); await device.close()')
  assert.equal(
    await run('const [device] = await usb.getDevices(); await device.open(); await device.close()', 'two'),
    null,
  )
})

test('opening has a row in the audit log', async () => {
  plugIn({ serialNumber: 'AUDITED' })
  await run('const [device] = await usb.getDevices(); await device.open(); await device.close()')
  const { items } = (await (await api(runtime, '/audit?limit=1')).json()) as { items: unknown[] }
  const { time: _time, id: _id, ...row } = items[0] as Record<string, unknown>
  assert.deepEqual(
    [row.actor, row.action, row.subject, (row.detail as { serialNumber: string }).serialNumber],
    ['plugin one', 'device.open', 'one', 'AUDITED'],
  )
})

test('an unplugged device says so at once, in its promises, its state and an event', async () => {
  await run('return 0')
  plugIn({ serialNumber: 'PULLED' })
  device.answers.nativeTransferIn = hanging
  const waiting = run(`
    const [device] = await usb.getDevices()
    await device.open()
    await device.claimInterface(0)
    try { await device.transferIn(1, 1) } catch (error) {
      return [error.name, error.cause.code, device.opened, await device.open().catch((late) => late.name)]
    }`)
  await until('it is claimed', () => device.log.includes('claim 0'))
  bus.plug()
  assert.deepEqual(await waiting, ['NotFoundError', 'DEVICE_GONE', false, 'NotFoundError'])
  const seen = await run(`
    const told = () => events.map(([type, device]) => [type, device.serialNumber, device.opened].join(' '))
    while (!told().includes('disconnect PULLED false')) await new Promise((resolve) => setTimeout(resolve, 10))
    return told().filter((text) => text.includes('PULLED'))`)
  assert.deepEqual(seen, ['connect PULLED false', 'disconnect PULLED false'])
})

test('a grant that is narrowed ends what is open, and leaves what it still covers', async (t) => {
  plugIn({ serialNumber: 'KEPT' })
  const grant = (usb: unknown) => send(runtime, 'PUT', '/plugins/one/grants', { usb })
  t.after(() => grant([{ vendorId: 0x46f4 }]))
  device.answers.nativeTransferIn = hanging
  const waiting = run(`
    const [device] = await usb.getDevices()
    await device.open()
    await device.claimInterface(0)
    try { await device.transferIn(1, 1) } catch (error) { return [error.name, error.cause.code, device.opened] }`)
  await until('it is claimed', () => device.log.includes('claim 0'))
  await grant([{ vendorId: 0x46f4, serialNumber: 'KEPT' }])
  assert.equal(bus.running.size, 1)
  await grant([{ vendorId: 0x46f4, serialNumber: 'OTHER' }])
  assert.deepEqual(await waiting, ['SecurityError', 'PERMISSION_DENIED', false])
  assert.equal(bus.running.size, 0)
})

test('a plugin that asks for a device gets what an administrator chose, and nothing without a choice', async () => {
  const other = new FakeDevice({ address: ++address, serialNumber: 'OTHER' })
  plugIn({ serialNumber: 'CHOSEN' })
  bus.plug(other, device)
  const ask = (options: string) => run(`return (await usb.requestDevice(${options})).serialNumber`)
  const nothing = await ask('{ filters: [{ vendorId: 0x46f4 }] }')
  assert.equal((nothing as { readonly error: string }).error, 'NotFoundError')

  const chosen = [
    { vendorId: 0x46f4, productId: 1, serialNumber: 'AWAY' },
    { vendorId: 0x46f4, productId: 1, serialNumber: 'CHOSEN' },
    { vendorId: 0x1111, productId: 1, serialNumber: null },
  ]
  const answer = await send(runtime, 'PUT', '/plugins/one/devices', { chosen })
  const { items } = (await answer.json()) as { readonly items: Record<string, unknown>[] }
  assert.deepEqual(
    items.map((each) => [each.serialNumber, each.isConnected, each.isChosen]),
    [
      ['OTHER', true, false],
      ['CHOSEN', true, true],
      ['AWAY', false, true],
      [null, false, true],
    ],
  )
  assert.equal(await ask('{ filters: [{ vendorId: 0x46f4 }] }'), 'CHOSEN')
  assert.equal(await ask(''), 'CHOSEN')
  const names = [
    ['{ filters: [{ classCode: 7 }] }', 'NotFoundError'],
    ['{ filters: [{}], exclusionFilters: [{ serialNumber: "CHOSEN" }] }', 'NotFoundError'],
    ['{ filters: [{ vendorId: 0x1111 }] }', 'NotFoundError'],
    ['{ filters: [{ productId: 1 }] }', 'TypeError'],
    ['{}', 'TypeError'],
  ] as const
  for (const [options, name] of names)
    assert.equal(((await ask(options)) as { readonly error: string }).error, name, options)
  const elsewhere = await run('return (await usb.requestDevice()).serialNumber', 'two')
  assert.equal((elsewhere as { readonly error: string }).error, 'NotFoundError')

  await run('const device = await usb.requestDevice(); await device.open()')
  const listed = (await (await api(runtime, '/plugins/two/devices')).json()) as typeof answer & {
    readonly items: Record<string, unknown>[]
  }
  assert.deepEqual(
    listed.items.map((each) => [each.serialNumber, each.holder]),
    [
      ['OTHER', null],
      ['CHOSEN', 'one'],
    ],
  )
  await run('const device = await usb.requestDevice(); await device.close()')
})

test('a device is free when the plugin that has it is stopped, in the middle of a transfer too', async (t) => {
  plugIn()
  t.after(() => send(runtime, 'POST', '/plugins/one/enable'))
  device.answers.nativeTransferIn = hanging
  const waiting = run(`
    const [device] = await usb.getDevices()
    await device.open()
    await device.claimInterface(0)
    await device.transferIn(1, 1)`)
  await until('it is claimed', () => device.log.includes('claim 0'))
  assert.equal((await send(runtime, 'POST', '/plugins/one/disable')).status, 200)
  await waiting
  await until('its process has ended', () => bus.running.size === 0)
  device.answers = {}
  const opened = await run(
    'const [device] = await usb.getDevices(); await device.open(); await device.close()',
    'two',
  )
  assert.equal(opened, null)
})

test('a device that was seen before its descriptors were known gets them', async () => {
  plugIn({ serialNumber: 'EARLY' })
  const { configurations } = device
  Object.assign(device, { configurations: [] })
  const count = () =>
    run('return (await usb.getDevices()).map((device) => device.configurations.length)', 'two')
  assert.deepEqual(await count(), [0])
  Object.assign(device, { configurations })
  assert.deepEqual(await count(), [1])
})
