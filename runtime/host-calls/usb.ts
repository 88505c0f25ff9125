// The host calls behind env.usb: what the grant's filters let through.

import type { UsbDevices } from '../devices/usb.ts'
import { matches } from '../devices/usb-filter.ts'
import type { Handlers } from './host-calls.ts'

export function usbHandlers(devices: UsbDevices): Pick<Handlers, 'usb.getDevices'> {
  return {
    async 'usb.getDevices'({ grants }) {
      const granted = grants.usb ?? []
      return { head: (await devices.list()).filter((device) => matches(device, granted)) }
    },
  }
}
