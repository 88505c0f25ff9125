// The list of devices. What was read of a device is kept while it stays plugged in: reading it again wakes a device that sleeps.

import type { UsbDeviceInfo } from './calls.ts'
import { describe, keyOf, serialOf } from './describe.ts'
import type { NativeDevice, NativeUsb } from './native.ts'

/** Characters of JSON in one list: descriptors are left out of what comes after. */
const MAX_LIST = 1024 * 1024

export class KnownDevices {
  #known: ReadonlyMap<string, UsbDeviceInfo> = new Map()

  async list(usb: NativeUsb): Promise<readonly UsbDeviceInfo[]> {
    const found = new Map<string, UsbDeviceInfo>()
    let size = 0
    for (const device of await usb.nativeGetDevices()) {
      const identity = identityOf(device)
      const known = this.#known.get(identity)
      // A device that was just plugged in has no interfaces for a moment.
      const info = known === undefined || known.configurations.length === 0 ? describe(device) : known
      size += JSON.stringify(info).length
      found.set(identity, size > MAX_LIST ? { ...info, configurations: [], configurationValue: null } : info)
    }
    this.#known = found
    return [...found.values()]
  }
}

function identityOf(device: NativeDevice): string {
  return JSON.stringify([keyOf(device), device.vendorId, device.productId, serialOf(device)])
}
