// Matches devices with the filters of requestDevice(), by the rules of WebUSB (https://wicg.github.io/webusb/#device-match-a-filter).

import type { UsbRequestFilter } from '../../../sdk/protocol/usb-wire.ts'
import type { UsbDeviceInfo } from './usb-devices.ts'

interface Classes {
  readonly classCode: number
  readonly subclassCode: number
  readonly protocolCode: number
}

export function matchesRequest(device: UsbDeviceInfo, filter: UsbRequestFilter): boolean {
  const { vendorId, productId, serialNumber } = filter
  return (
    (vendorId === undefined || vendorId === device.vendorId) &&
    (productId === undefined || productId === device.productId) &&
    (serialNumber === undefined || serialNumber === device.serialNumber) &&
    classesOf(device).some((classes) => isOfClass(classes, filter))
  )
}

/** Of the device itself, as if they were of an interface, and of its interfaces. */
function classesOf(device: UsbDeviceInfo): readonly Classes[] {
  const interfaces = device.configurations.flatMap((configuration) => configuration.interfaces)
  return [
    {
      classCode: device.deviceClass,
      subclassCode: device.deviceSubclass,
      protocolCode: device.deviceProtocol,
    },
    ...interfaces.flatMap(({ alternates }) =>
      alternates.map((alternate) => ({
        classCode: alternate.interfaceClass,
        subclassCode: alternate.interfaceSubclass,
        protocolCode: alternate.interfaceProtocol,
      })),
    ),
  ]
}

function isOfClass(classes: Classes, filter: UsbRequestFilter): boolean {
  return (['classCode', 'subclassCode', 'protocolCode'] as const).every(
    (field) => filter[field] === undefined || filter[field] === classes[field],
  )
}
