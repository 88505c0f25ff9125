import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { UsbDeviceInfo } from '../../runtime/devices/usb/usb-devices.ts'
import { matches } from '../../runtime/devices/usb/usb-filter.ts'
import { boot } from './boot.ts'

const MASS_STORAGE = 8
/** SCSI commands over two bulk endpoints. */
const BULK_ONLY = {
  alternateSetting: 0,
  interfaceClass: MASS_STORAGE,
  interfaceSubclass: 6,
  interfaceProtocol: 80,
  interfaceName: null,
  endpoints: [
    { endpointNumber: 1, direction: 'in', type: 'bulk', packetSize: 1024 },
    { endpointNumber: 2, direction: 'out', type: 'bulk', packetSize: 1024 },
  ],
}

test('a USB stick is listed, unplugged and plugged in again in a real kernel', {
  timeout: 600_000,
}, async (t) => {
  const guest = await boot(t, {
    main: 'usb-probe.ts',
    modules: ['xhci-pci', 'usb-storage'],
    // biome-ignore format: pairs of option and value
    args: [
      '-device', 'qemu-xhci,id=xhci',
      '-blockdev', 'driver=null-co,node-name=stick,size=1048576,read-zeroes=on',
      '-device', 'usb-storage,bus=xhci.0,drive=stick,id=first,serial=FIRST-0001',
    ],
  })
  if (guest === undefined) return
  const stick = { driver: 'usb-storage', bus: 'xhci.0', drive: 'stick' }

  const list = await guest.said<UsbDeviceInfo[]>('list')
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
    usbVersionSubminor: 0,
    deviceVersionMajor: 0,
    deviceVersionMinor: 0,
    deviceVersionSubminor: 0,
    manufacturerName: 'QEMU',
    productName: 'QEMU USB HARDDRIVE',
    serialNumber: 'FIRST-0001',
    interfaceClasses: [MASS_STORAGE],
    configurationValue: 1,
    configurations: [
      {
        configurationValue: 1,
        configurationName: 'Super speed config (usb 3.0)',
        interfaces: [{ interfaceNumber: 0, alternates: [BULK_ONLY] }],
      },
    ],
  })
  assert.ok(matches(first, [{ vendorId: 0x46f4, classCode: MASS_STORAGE }]))

  await guest.unplug('first')
  assert.deepEqual(await guest.said<UsbDeviceInfo>('disconnect'), first)

  await guest.monitor('device_add', { ...stick, id: 'second', serial: 'SECOND-0002' })
  const second = await guest.said<UsbDeviceInfo>('connect')
  assert.equal(second.serialNumber, 'SECOND-0002')
  assert.notEqual(second.key, key)
  assert.deepEqual(await guest.said<UsbDeviceInfo[]>('list after'), [second])
})
