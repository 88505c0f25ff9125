import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { UsbDeviceInfo } from '../../runtime/devices/usb/usb-devices.ts'
import { matches } from '../../runtime/devices/usb/usb-filter.ts'
import { HOST_FILES_ARGS, writeGuestImage } from './guest-image.ts'
import { findKernelFiles } from './kernel-files.ts'
import { type Machine, startMachine } from './machine.ts'

const MASS_STORAGE = 8

/** The next thing that the probe says. */
async function said<T>(machine: Machine, event: string): Promise<T> {
  // The kernel writes to the same console, at times into the middle of a line of its own.
  const line = await machine.line((each) => each.includes(`PROBE {"event":"${event}"`))
  return JSON.parse(line.slice(line.indexOf('{'))).detail
}

test('a USB stick is listed, unplugged and plugged in again in a real kernel', {
  timeout: 300_000,
}, async (t) => {
  const files = findKernelFiles()
  if (typeof files === 'string') {
    if (process.env.CI === 'true') assert.fail(files)
    t.skip(files)
    return
  }
  const folder = await mkdtemp(join(tmpdir(), 'plugbay-qemu-'))
  let machine: Machine | undefined
  t.after(async () => {
    await machine?.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const initramfs = join(folder, 'initramfs')
  await writeGuestImage(initramfs, files, {
    main: fileURLToPath(new URL('guest/usb-probe.ts', import.meta.url)),
    modules: ['xhci-pci', 'usb-storage'],
  })
  const stick = { driver: 'usb-storage', bus: 'xhci.0', drive: 'stick' }
  machine = await startMachine(files, {
    initramfs,
    monitor: join(folder, 'monitor'),
    // biome-ignore format: pairs of option and value
    args: [
      ...HOST_FILES_ARGS,
      '-device', 'qemu-xhci,id=xhci',
      '-blockdev', 'driver=null-co,node-name=stick,size=1048576,read-zeroes=on',
      '-device', 'usb-storage,bus=xhci.0,drive=stick,id=first,serial=FIRST-0001',
    ],
  })

  const list = await said<UsbDeviceInfo[]>(machine, 'list')
  const [first] = list
  assert.ok(first !== undefined && list.length === 1, JSON.stringify(list))
  const { key, ...described } = first
  assert.deepEqual(described, {
    vendorId: 0x46f4,
    productId: 1,
    deviceClass: 0,
    deviceSubclass: 0,
    deviceProtocol: 0,
    usbVersionMajor: 3,
    usbVersionMinor: 0,
    deviceVersionMajor: 0,
    deviceVersionMinor: 0,
    manufacturerName: 'QEMU',
    productName: 'QEMU USB HARDDRIVE',
    serialNumber: 'FIRST-0001',
    interfaceClasses: [MASS_STORAGE],
  })
  assert.ok(matches(first, [{ vendorId: 0x46f4, classCode: MASS_STORAGE }]))

  await machine.monitor('device_del', { id: 'first' })
  assert.deepEqual(await said<UsbDeviceInfo>(machine, 'disconnect'), first)

  await machine.monitor('device_add', { ...stick, id: 'second', serial: 'SECOND-0002' })
  const second = await said<UsbDeviceInfo>(machine, 'connect')
  assert.equal(second.serialNumber, 'SECOND-0002')
  assert.notEqual(second.key, key)
  assert.deepEqual(await said<UsbDeviceInfo[]>(machine, 'list after'), [second])
})
