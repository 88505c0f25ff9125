// What the list of USB devices needs of a USB library, and the one that the "usb" package gives.
// Invariant: the package's binary is loaded at the first use only, so a machine without it runs all the same.

import type { UsbDevice } from '../../../sdk/plugin-api/usb.ts'

/** A device as plain data. */
export interface UsbDeviceInfo extends UsbDevice {
  /** Stays the same until the device is unplugged; plugged in again it has another one. */
  readonly key: string
  /** Classes of its interfaces, each once, ascending. */
  readonly interfaceClasses: readonly number[]
}

export interface UsbBackend {
  /** Rejects where the machine has no USB. */
  list(): Promise<readonly UsbDeviceInfo[]>
  /**
   * Calls `onHint` when something may have been plugged in or out, and resolves with the stop.
   * Rejects where the system does not tell.
   */
  watch(onHint: () => void): Promise<() => Promise<void>>
}

type NativeUsb = typeof import('usb/index.js')
type NativeDevice = import('usb/index.js').UsbDevice

/**
 * Loads the "usb" package.
 * Its binding is used directly: the package's WebUSB class ends the process (an uncaught exception from a timer, an
 * unhandled rejection) when a machine has no USB or refuses the socket of hot-plug events.
 * Rejects when there is no binary for this machine.
 */
export async function loadUsbBackend(): Promise<UsbBackend> {
  // A CommonJS module: its members are on `default`, whatever its types say.
  const loaded: NativeUsb & { readonly default?: NativeUsb } = await import('usb/index.js')
  const native = loaded.default ?? loaded
  return {
    async list() {
      const devices = await native.nativeGetDevices()
      return devices.map(toInfo)
    },

    async watch(onHint) {
      const emitter = new native.Emitter()
      await emitter.addAttach(() => onHint())
      await emitter.addDetach(() => onHint())
      return async () => {
        await emitter.removeAttach()
        await emitter.removeDetach()
      }
    },
  }
}

function toInfo(device: NativeDevice): UsbDeviceInfo {
  return {
    key: `${device.bus}:${device.address}`,
    vendorId: device.vendorId,
    productId: device.productId,
    deviceClass: device.deviceClass,
    deviceSubclass: device.deviceSubclass,
    deviceProtocol: device.deviceProtocol,
    usbVersionMajor: device.usbVersionMajor,
    usbVersionMinor: device.usbVersionMinor,
    deviceVersionMajor: device.deviceVersionMajor,
    deviceVersionMinor: device.deviceVersionMinor,
    manufacturerName: readable(() => device.manufacturerName) ?? undefined,
    productName: readable(() => device.productName) ?? undefined,
    serialNumber: readable(() => device.serialNumber) ?? undefined,
    interfaceClasses: readable(() => classesOf(device)) ?? [],
  }
}

/** The part of a configuration that is read here; the package's own types need globals of a browser. */
interface Configuration {
  readonly interfaces: readonly { readonly alternates: readonly { readonly interfaceClass: number }[] }[]
}

function classesOf(device: { readonly configurations: readonly Configuration[] }): readonly number[] {
  const interfaces = device.configurations.flatMap((configuration) => configuration.interfaces)
  const classes = interfaces.flatMap((each) => each.alternates.map((alternate) => alternate.interfaceClass))
  return [...new Set(classes)].sort((one, other) => one - other)
}

/** What the device tells only to those who may open it; undefined without the right, or when it has just gone. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
