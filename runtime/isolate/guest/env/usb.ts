// env.usb: granted devices in the shape of WebUSB. The host filters; connect and disconnect arrive as events.
// Invariant: a device is one object as long as it is plugged in, once its descriptors are known.

import type { Usb, UsbConnectionEvent, UsbDevice } from '../../../../sdk/plugin-api/usb.ts'
import type { HostEvent } from '../../../../sdk/protocol/guest-calls.ts'
import type { UsbDeviceView } from '../../../../sdk/protocol/usb-wire.ts'
import { toDictionary } from '../web/base/webidl.ts'
import { Event } from '../web/events/event.ts'
import { EventTarget } from '../web/events/event-target.ts'
import type { HostCall } from './host-calls.ts'
import { ask, createDevice, type GuestDevice } from './usb-device.ts'

export interface GuestUsb {
  readonly usb: Usb
  /** Dispatches the host's event to the plugin's listeners. */
  readonly dispatch: (event: HostEvent) => void
}

type Handler = ((event: UsbConnectionEvent) => void) | null

export function createUsb(call: HostCall): GuestUsb {
  const target = new EventTarget()
  const known = new Map<number, GuestDevice>()
  const deviceOf = (view: UsbDeviceView): UsbDevice => {
    const found = known.get(view.id)
    if (found !== undefined && !isIncomplete(found.device, view)) return found.device
    const made = createDevice(view, call)
    known.set(view.id, made)
    return made.device
  }
  const usb = Object.defineProperties(target, {
    getDevices: {
      value: async () => ((await call('usb.getDevices', [])).head as readonly UsbDeviceView[]).map(deviceOf),
    },
    requestDevice: {
      value: async (options: unknown = { filters: [{}] }) => {
        const { filters, exclusionFilters } = toDictionary(options, 'The options of requestDevice()')
        if (filters === undefined) throw new TypeError('The options of requestDevice() have no "filters"')
        const { head } = await ask(call, 'usb.requestDevice', [{ filters, exclusionFilters }])
        return deviceOf(head as UsbDeviceView)
      },
    },
    onconnect: handlerAttribute(target, 'connect'),
    ondisconnect: handlerAttribute(target, 'disconnect'),
  }) as unknown as Usb
  return {
    usb,
    dispatch({ e, data }) {
      const view = data as UsbDeviceView
      const device = deviceOf(view)
      if (e === 'usb.disconnect') {
        known.get(view.id)?.disconnect()
        known.delete(view.id)
      }
      const event = new Event(e === 'usb.connect' ? 'connect' : 'disconnect')
      Object.defineProperty(event, 'device', { value: device, enumerable: true })
      target.dispatchEvent(event)
    },
  }
}

/** For a moment after it was plugged in, the system does not know its configurations. */
function isIncomplete({ configurations, opened }: UsbDevice, view: UsbDeviceView): boolean {
  return configurations.length === 0 && view.configurations.length > 0 && !opened
}

/** An event handler attribute: at most one listener, which setting it replaces. */
function handlerAttribute(target: EventTarget, type: string): PropertyDescriptor {
  let handler: Handler = null
  const listener = (event: Event): void => handler?.(event as unknown as UsbConnectionEvent)
  return {
    get: () => handler,
    set(value: unknown) {
      handler = typeof value === 'function' ? (value as Handler) : null
      target.removeEventListener(type, listener)
      if (handler !== null) target.addEventListener(type, listener)
    },
  }
}
