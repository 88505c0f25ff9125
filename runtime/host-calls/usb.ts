// The host calls behind env.usb: the devices that match the grant's filters, and sessions with them.
// Invariant: a session names one device; grant and release are looked up for each operation; an outcome that WebUSB has a name for is the
// result of the call.

import type { HostCallResult } from '../../sdk/protocol/host-calls.ts'
import { UsbError } from '../../sdk/protocol/usb-error.ts'
import {
  MAX_USB_TRANSFER,
  type UsbDeviceView,
  type UsbFailure,
  type UsbOpened,
} from '../../sdk/protocol/usb-wire.ts'
import type { PluginDevices } from '../devices/usb/plugin-devices.ts'
import { matchesRequest } from '../devices/usb/request-filter.ts'
import type { UsbDeviceInfo, UsbDevices } from '../devices/usb/usb-devices.ts'
import { matches, mayDetach } from '../devices/usb/usb-filter.ts'
import { UsbSession } from '../devices/usb/usb-session.ts'
import type { UsbSessions } from '../devices/usb/usb-sessions.ts'
import { PlugbayError } from '../errors.ts'
import type { Mandate } from '../permissions/authority.ts'
import type { HandleTable } from '../sandbox/instance/handles.ts'
import type { Caller, Handler, Handlers } from './host-calls.ts'
import { byteOf, directionOf, lengthOf, requestOf, setupOf } from './usb-arguments.ts'

type UsbCallName = Extract<keyof Handlers, `usb.${string}`>

interface UsbParts {
  readonly devices: UsbDevices
  readonly sessions: UsbSessions
  readonly ofPlugins: Pick<PluginDevices, 'chosenOf'>
}

const DONE: HostCallResult = { head: null }
const NOTHING = new Uint8Array(0)

export function usbHandlers({ devices, sessions, ofPlugins }: UsbParts): Pick<Handlers, UsbCallName> {
  return {
    async 'usb.getDevices'({ mandate }) {
      const found = await devices.list()
      const head = found
        .filter((device) => maySee(mandate, device))
        .map((device) => guestView(device, devices))
      return { head }
    },

    /** No one is asked now: an administrator has chosen. */
    'usb.requestDevice': reporting(async ({ pluginId, mandate }, [options]) => {
      const { filters, exclusionFilters } = requestOf(options)
      const found = (await devices.list()).filter(
        (device) =>
          maySee(mandate, device) &&
          filters.some((filter) => matchesRequest(device, filter)) &&
          !exclusionFilters.some((filter) => matchesRequest(device, filter)),
      )
      const [chosen] = await ofPlugins.chosenOf(pluginId, found)
      if (chosen === undefined)
        throw new UsbError(
          'NotFoundError',
          'No administrator has chosen such a device, or it is not plugged in',
        )
      return { head: guestView(chosen, devices) }
    }),

    'usb.open': reporting(async (caller, [id], _body, { handles }) => {
      const found = await devices.list()
      const device = found.find((each) => devices.idOf(each) === id && maySee(caller.mandate, each))
      if (device === undefined) throw new PlugbayError('DEVICE_GONE', 'The device was disconnected')
      let configurationValue: number | null = null
      const handle = await handles.open('usb', async () => {
        const opened = await sessions.open(device, holderOf(caller, device))
        configurationValue = opened.configurationValue
        return opened.session
      })
      return { head: { handle: handle ?? 0, configurationValue } satisfies UsbOpened }
    }),
    async 'usb.close'(_caller, [handle], _body, { handles }) {
      await handles.close('usb', handle)
      return DONE
    },

    'usb.selectConfiguration': onSession((session, [value]) => session.selectConfiguration(byteOf(value))),
    'usb.claimInterface': onSession((session, [number]) => session.claimInterface(byteOf(number))),
    'usb.releaseInterface': onSession((session, [number]) => session.releaseInterface(byteOf(number))),
    'usb.selectAlternateInterface': onSession((session, [number, setting]) =>
      session.selectAlternateInterface(byteOf(number), byteOf(setting)),
    ),
    'usb.clearHalt': onSession((session, [direction, endpoint]) =>
      session.clearHalt(directionOf(direction), byteOf(endpoint)),
    ),
    'usb.reset': onSession((session) => session.reset()),

    'usb.controlTransferIn': reporting(async (_caller, [handle, setup, length], _body, { handles }) => {
      const session = sessionOf(handles, handle)
      const { result, bytes } = await session.controlTransferIn(setupOf(setup), lengthOf(length, 0xffff))
      return { head: result, body: bytes }
    }),
    'usb.controlTransferOut': reporting(async (_caller, [handle, setup], data = NOTHING, { handles }) => {
      lengthOf(data.byteLength, 0xffff)
      return { head: await sessionOf(handles, handle).controlTransferOut(setupOf(setup), data) }
    }),
    'usb.transferIn': reporting(async (_caller, [handle, endpoint, length], _body, { handles }) => {
      const wanted = lengthOf(length, MAX_USB_TRANSFER)
      const { result, bytes } = await sessionOf(handles, handle).transferIn(byteOf(endpoint), wanted)
      return { head: result, body: bytes }
    }),
    'usb.transferOut': reporting(async (_caller, [handle, endpoint], data = NOTHING, { handles }) => {
      lengthOf(data.byteLength, MAX_USB_TRANSFER)
      return { head: await sessionOf(handles, handle).transferOut(byteOf(endpoint), data) }
    }),
    'usb.isochronousTransfer': onSession((session, [direction, endpoint]) =>
      session.isochronousTransfer(directionOf(direction), byteOf(endpoint)),
    ),
  }
}

/** Whether the device matches the filters of the grant, as it is now. */
export function maySee({ bounds }: Pick<Mandate, 'bounds'>, device: UsbDeviceInfo): boolean {
  return bounds.every(({ usb = [] }) => matches(device, usb))
}

/** A device as a guest sees it: without what identifies it on this machine. */
export function guestView(device: UsbDeviceInfo, devices: Pick<UsbDevices, 'idOf'>): UsbDeviceView {
  const { key: _key, interfaceClasses: _classes, ...facts } = device
  return { ...facts, id: devices.idOf(device) }
}

function holderOf(caller: Caller, device: UsbDeviceInfo): Parameters<UsbSessions['open']>[1] {
  const { pluginId, mandate, limits } = caller
  return {
    pluginId,
    transfersPerSecond: limits.usbTransfersPerSecond,
    isReplaced: () => caller.isReadOnly,
    permit() {
      mandate.authorize({ permission: 'usb' })
      if (!maySee(mandate, device))
        throw new PlugbayError('PERMISSION_DENIED', 'The device is not granted to the plugin any more')
    },
    mayDetach: () => mandate.bounds.every(({ usb = [] }) => mayDetach(device, usb)),
    onChange: (listener) => mandate.onChange(listener),
  }
}

/** A call on an open device that returns nothing: its first argument is the handle. */
function onSession(work: (session: UsbSession, args: readonly unknown[]) => Promise<void>): Handler {
  return reporting(async (_caller, [handle, ...args], _body, { handles }) => {
    await work(sessionOf(handles, handle), args)
    return DONE
  })
}

/** @throws PlugbayError HANDLE_CLOSED */
function sessionOf(handles: HandleTable, handle: unknown): UsbSession {
  const resource = handles.get('usb', handle)
  if (resource instanceof UsbSession) return resource
  throw new PlugbayError('HANDLE_CLOSED', 'The handle is of another kind')
}

/** The outcome as a result: a guest makes a DOMException of it. */
function reporting(handler: Handler): Handler {
  return async (...call) => {
    try {
      return await handler(...call)
    } catch (error) {
      if (!(error instanceof UsbError)) throw error
      return { head: { error: error.code, message: error.message } satisfies UsbFailure }
    }
  }
}
