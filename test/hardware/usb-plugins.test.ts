// A whole runtime in a virtual machine, in the jail: its plugins reach emulated devices through a real kernel.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boot } from './boot.ts'

interface Outcome {
  readonly error?: string
  readonly code?: string
  readonly message?: string
  readonly opened?: boolean
}

/** What the sample plugin usb-inspector shows. */
interface Inspected {
  readonly status: unknown
  readonly descriptor: readonly { readonly name: string; readonly value: number }[]
  readonly strings: unknown
  readonly configurations: readonly {
    readonly interfaces: readonly {
      readonly alternates: readonly { readonly endpoints: readonly unknown[] }[]
    }[]
  }[]
}

test('plugins read descriptors, send SCSI commands, wait for keys, and notice a device that is pulled out, even in a bulk transfer; the sample usb-inspector shows a stick', {
  timeout: 840_000,
}, async (t) => {
  const guest = await boot(t, {
    main: 'usb-plugins.ts',
    modules: ['xhci-pci', 'usb-storage'],
    countsInstructions: true,
    // biome-ignore format: pairs of option and value
    args: [
      '-device', 'qemu-xhci,id=xhci',
      '-blockdev', 'driver=null-co,node-name=stick,size=1048576,read-zeroes=on',
      '-device', 'usb-storage,bus=xhci.0,drive=stick,id=first,serial=FIRST-0001',
      '-device', 'usb-kbd,bus=xhci.0,id=keys',
      '-chardev', 'null,id=silence',
      '-device', 'usb-serial,bus=xhci.0,id=serial,chardev=silence,always-plugged=on',
    ],
  })
  if (guest === undefined) return

  const [jail] = await guest.said<string[]>('jail')
  assert.equal(jail, 'bwrap')
  const { items } = await guest.said<{ readonly items: readonly { readonly interfaceClasses: number[] }[] }>(
    'devices',
  )
  assert.deepEqual(
    items.flatMap(({ interfaceClasses }) => interfaceClasses).toSorted((one, other) => one - other),
    [3, 8, 255],
  )

  const [refused, kept] = await guest.said<[Outcome, number]>('without the grant to detach')
  assert.deepEqual([refused.error, kept], ['NetworkError', 1])
  assert.match(refused.message ?? '', /used by a driver of the system/)

  const [inquiry, given] = await guest.said<[Record<string, unknown>, number]>('inquiry')
  const descriptor = inquiry.descriptor as number[]
  // Length, type, vendor and product of a device descriptor.
  assert.deepEqual(
    [descriptor.slice(0, 2), descriptor.slice(8, 12)],
    [
      [18, 1],
      [0xf4, 0x46, 1, 0],
    ],
  )
  assert.deepEqual(inquiry.sent, { status: 'ok', bytesWritten: 31 })
  assert.match(String(inquiry.text), /^QEMU {4}QEMU HARDDISK/)
  assert.deepEqual((inquiry.status as number[]).slice(0, 4), [0x55, 0x53, 0x42, 0x53])
  assert.equal(given, 1, 'the driver of the system has the stick again')

  assert.equal(await guest.said('stall'), 'stall')
  assert.deepEqual(await guest.said('reset'), [36, 1])

  await guest.said('press a key')
  await guest.monitor('send-key', { keys: [{ type: 'qcode', data: 'a' }] })
  assert.equal((await guest.said<number[]>('key'))[2], 4, 'the usage of "a"')

  await guest.said('pull it out')
  await guest.unplug('keys')
  const pulled = await guest.said<Outcome>('pulled')
  assert.deepEqual([pulled.error, pulled.code, pulled.opened], ['NotFoundError', 'DEVICE_GONE', false])
  const [gone, processes] = await guest.said<[Outcome, number]>('after')
  assert.equal(gone.error, 'none')
  assert.ok(processes <= 1, 'only the process that lists is left')

  const busy = await guest.said<number>('pull it out in a bulk transfer')
  assert.ok(busy >= 1)
  await guest.unplug('serial')
  const reading = await guest.said<Outcome>('pulled in a bulk transfer')
  assert.deepEqual([reading.error, reading.code, reading.opened], ['NotFoundError', 'DEVICE_GONE', false])
  const [afterIt, left] = await guest.said<[Outcome, number]>('after it')
  assert.equal(afterIt.error, 'none')
  assert.ok(left <= 1, 'only the process that lists is left')
  await guest.said('plug it in again')
  await guest.monitor('device_add', {
    driver: 'usb-serial',
    bus: 'xhci.0',
    id: 'again',
    chardev: 'silence',
    'always-plugged': true,
  })
  assert.equal(await guest.said('again'), null)

  const [inspected, unharmed] = await guest.said<[Inspected, number]>('inspected')
  assert.equal(inspected.descriptor.find(({ name }) => name === 'idVendor')?.value, 0x46f4)
  assert.deepEqual(inspected.status, { selfPowered: true, remoteWakeup: false })
  assert.deepEqual(inspected.strings, [
    { name: 'iManufacturer', text: 'QEMU' },
    { name: 'iProduct', text: 'QEMU USB HARDDRIVE' },
  ])
  assert.equal(inspected.configurations[0]?.interfaces[0]?.alternates[0]?.endpoints.length, 2)
  assert.equal(unharmed, 1, 'the driver of the system has the stick all the time')
  assert.equal(await guest.said('closed'), 0)
})
