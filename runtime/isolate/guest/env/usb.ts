// env.usb: granted devices in the shape of WebUSB. The host filters; connect and disconnect arrive as events.

import type { Usb, UsbDevice } from '../../../../sdk/plugin-api/usb.ts'
import type { HostEvent } from '../../../../sdk/protocol/guest-calls.ts'
import { Event } from '../web/events/event.ts'
import { EventTarget } from '../web/events/event-target.ts'
import type { HostCall } from './host-calls.ts'

export interface GuestUsb {
  readonly usb: Usb
  /** Dispatches the host's event to the plugin's listeners. */
  readonly dispatch: (event: HostEvent) => void
}

export function createUsb(call: HostCall): GuestUsb {
  const target = new EventTarget()
  const usb = Object.defineProperties(target, {
    getDevices: {
      value: async () =>
        ((await call('usb.getDevices', [])).head as readonly UsbDevice[]).map((device) =>
          Object.freeze(device),
        ),
    },
  }) as Usb
  return {
    usb,
    dispatch({ e, data: device }) {
      const event = new Event(e === 'usb.connect' ? 'connect' : 'disconnect')
      Object.defineProperty(event, 'device', { value: Object.freeze(device), enumerable: true })
      target.dispatchEvent(event)
    },
  }
}
