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

test('plugins read descriptors, send SCSI commands, wait for keys, and notice a device that is pulled out', {
  timeout: 540_000,
}, async (t) => {
  const guest = await boot(t, {
    main: 'usb-plugins.ts',
    modules: ['xhci-pci', 'usb-storage'],
    // biome-ignore format: pairs of option and value
    args: [
      '-device', 'qemu-xhci,id=xhci',
      '-blockdev', 'driver=null-co,node-name=stick,size=1048576,read-zeroes=on',
      '-device', 'usb-storage,bus=xhci.0,drive=stick,id=first,serial=FIRST-0001',
      '-device', 'usb-kbd,bus=xhci.0,id=keys',
    ],
  })
  if (guest === undefined) return

  const [jail] = await guest.said<string[]>('jail')
  assert.equal(jail, 'bwrap')
  const { items } = await guest.said<{ readonly items: readonly { readonly interfaceClasses: number[] }[] }>(
    'devices',
  )
  assert.deepEqual(items.flatMap(({ interfaceClasses }) => interfaceClasses).toSorted(), [3, 8])

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
  assert.equal(await guest.said('closed'), 0)
})
