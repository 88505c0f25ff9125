// A device of the "usb" package as plain data.
// Invariant: what cannot be read is left out; what a hostile device says of itself has a size.

import type {
  UsbAlternateFacts,
  UsbConfigurationFacts,
  UsbEndpointFacts,
} from '../../../../sdk/protocol/usb-wire.ts'
import type { UsbDeviceInfo } from './calls.ts'
import type { NativeDevice } from './native.ts'

/** Characters of JSON. A camera has 10,000; descriptors of more than this are of a device that wants to be in the way. */
const MAX_CONFIGURATIONS = 64 * 1024
/** Of a string descriptor: the standard allows no more. */
const MAX_NAME = 126

export function keyOf({ bus, address }: Pick<NativeDevice, 'bus' | 'address'>): string {
  return `${bus}:${address}`
}

/** Opens the device for a moment, where that is permitted. */
export function describe(device: NativeDevice): UsbDeviceInfo {
  const configurations = readable(() => configurationsOf(device)) ?? []
  return {
    key: keyOf(device),
    vendorId: device.vendorId,
    productId: device.productId,
    deviceClass: device.deviceClass,
    deviceSubclass: device.deviceSubclass,
    deviceProtocol: device.deviceProtocol,
    usbVersionMajor: device.usbVersionMajor,
    usbVersionMinor: device.usbVersionMinor,
    usbVersionSubminor: device.usbVersionSubminor,
    deviceVersionMajor: device.deviceVersionMajor,
    deviceVersionMinor: device.deviceVersionMinor,
    deviceVersionSubminor: device.deviceVersionSubminor,
    manufacturerName: nameOf(readable(() => device.manufacturerName)),
    productName: nameOf(readable(() => device.productName)),
    serialNumber: serialOf(device),
    interfaceClasses: classesOf(configurations),
    configurations,
    configurationValue: configurations.length === 0 ? null : activeOf(device),
  }
}

export function serialOf(device: NativeDevice): string | null {
  return nameOf(readable(() => device.serialNumber))
}

/** The value of the active configuration; null when the device is not configured. */
export function activeOf(device: NativeDevice): number | null {
  return readable(() => device.configuration)?.configurationValue ?? null
}

function configurationsOf(device: NativeDevice): readonly UsbConfigurationFacts[] {
  const found = device.configurations.map((configuration) => ({
    configurationValue: configuration.configurationValue,
    configurationName: nameOf(configuration.configurationName),
    interfaces: configuration.interfaces.map(({ interfaceNumber, alternates }) => ({
      interfaceNumber,
      alternates: alternates.map(alternateOf),
    })),
  }))
  return JSON.stringify(found).length > MAX_CONFIGURATIONS ? [] : found
}

function alternateOf(
  alternate: NativeDevice['configurations'][number]['interfaces'][number]['alternates'][number],
): UsbAlternateFacts {
  return {
    alternateSetting: alternate.alternateSetting,
    interfaceClass: alternate.interfaceClass,
    interfaceSubclass: alternate.interfaceSubclass,
    interfaceProtocol: alternate.interfaceProtocol,
    interfaceName: nameOf(alternate.interfaceName),
    endpoints: alternate.endpoints.flatMap(({ endpointNumber, direction, type, packetSize }) => {
      const facts: UsbEndpointFacts[] =
        type === 'control' ? [] : [{ endpointNumber, direction, type, packetSize }]
      return facts
    }),
  }
}

function classesOf(configurations: readonly UsbConfigurationFacts[]): readonly number[] {
  const interfaces = configurations.flatMap((configuration) => configuration.interfaces)
  const classes = interfaces.flatMap((each) => each.alternates.map((alternate) => alternate.interfaceClass))
  return [...new Set(classes)].sort((one, other) => one - other)
}

/** A name is shown to people, in terminals too: it controls nothing there. */
function nameOf(text: string | null | undefined): string | null {
  if (text === null || text === undefined || text === '') return null
  return text
    .slice(0, MAX_NAME)
    .replace(/\p{Cc}/gu, '\ufffd')
    .toWellFormed()
}

/** A descriptor that needs permission to open the device; undefined without it, or when the device has just gone. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
