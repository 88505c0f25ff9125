// The USB library as the device list needs it, implemented with the "usb" package.
// Invariant: the package's binary is loaded at first use only, so that machines without it work.

import type { UsbDevice } from '../../../sdk/plugin-api/usb.ts'

/** A device as plain data. */
export interface UsbDeviceInfo extends UsbDevice {
  /** Constant until the device is unplugged; plugged in again it has another one. */
  readonly key: string
  /** Classes of its interfaces, without duplicates, ascending. */
  readonly interfaceClasses: readonly number[]
}

export interface UsbBackend {
  /** Rejects on a machine without USB. */
  list(): Promise<readonly UsbDeviceInfo[]>
  /**
   * Calls `onHint` when something may have been plugged in or out; resolves with the function that unsubscribes.
   * Rejects when the system does not report such changes.
   */
  watch(onHint: () => void): Promise<() => Promise<void>>
}

type NativeUsb = typeof import('usb/index.js')
type NativeDevice = import('usb/index.js').UsbDevice

/**
 * Loads the "usb" package.
 * Uses its binding directly: the package's WebUSB class ends the process (an uncaught exception from a timer, an unhandled
 * rejection) on a machine without USB or without access to the hot-plug socket.
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

/** The part of a configuration that is read here; the package's own types need browser globals. */
interface Configuration {
  readonly interfaces: readonly { readonly alternates: readonly { readonly interfaceClass: number }[] }[]
}

function classesOf(device: { readonly configurations: readonly Configuration[] }): readonly number[] {
  const interfaces = device.configurations.flatMap((configuration) => configuration.interfaces)
  const classes = interfaces.flatMap((each) => each.alternates.map((alternate) => alternate.interfaceClass))
  return [...new Set(classes)].sort((one, other) => one - other)
}

/** A descriptor that needs permission to open the device; undefined without it, or when the device has just gone. */
function readable<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
