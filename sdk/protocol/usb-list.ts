// How large a list of USB devices may be that goes from one process to another.

import type { UsbDeviceFacts } from './usb-wire.ts'

/** Characters of JSON. */
const MAX_LIST = 1024 * 1024

/** Descriptors are left out of what comes after. */
export function withinSize<Device extends UsbDeviceFacts>(devices: readonly Device[]): readonly Device[] {
  let size = 0
  return devices.map((device) => {
    size += JSON.stringify(device).length
    return size > MAX_LIST ? { ...device, configurations: [], configurationValue: null } : device
  })
}
