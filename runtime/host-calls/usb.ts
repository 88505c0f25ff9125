// The host calls behind env.usb: the devices that match the grant's filters.

import type { UsbDevice } from '../../sdk/plugin-api/usb.ts'
import type { UsbDeviceInfo, UsbDevices } from '../devices/usb/usb-devices.ts'
import { matches } from '../devices/usb/usb-filter.ts'
import type { Mandate } from '../permissions/authority.ts'
import type { Handlers } from './host-calls.ts'

export function usbHandlers(devices: UsbDevices): Pick<Handlers, 'usb.getDevices'> {
  return {
    async 'usb.getDevices'({ mandate }) {
      const found = await devices.list()
      return { head: found.filter((device) => maySee(mandate, device)).map(guestView) }
    },
  }
}

/** Whether the device matches the filters of the grant, as it is now. */
export function maySee({ bounds }: Pick<Mandate, 'bounds'>, device: UsbDeviceInfo): boolean {
  return bounds.every(({ usb = [] }) => matches(device, usb))
}

/** A device as a guest sees it: the fields of WebUSB, without those that identify it in the runtime. */
export function guestView({ key: _key, interfaceClasses: _classes, ...device }: UsbDeviceInfo): UsbDevice {
  return device
}
