// The host calls behind env.usb: the devices that match the grant's filters.

import type { UsbDevice } from '../../sdk/plugin-api/usb.ts'
import type { UsbDeviceInfo, UsbDevices } from '../devices/usb/usb-devices.ts'
import { matches } from '../devices/usb/usb-filter.ts'
import type { Handlers } from './host-calls.ts'

export function usbHandlers(devices: UsbDevices): Pick<Handlers, 'usb.getDevices'> {
  return {
    async 'usb.getDevices'({ grants }) {
      const granted = grants.usb ?? []
      return { head: (await devices.list()).filter((device) => matches(device, granted)).map(guestView) }
    },
  }
}

/** A device as a guest sees it: the fields of WebUSB, without those that identify it in the runtime. */
export function guestView({ key: _key, interfaceClasses: _classes, ...device }: UsbDeviceInfo): UsbDevice {
  return device
}
