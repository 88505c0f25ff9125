// A USB device in the shape of WebUSB. The host has the session and checks every operation; this mirrors what came of them.

import type { UsbDevice, UsbInTransferResult, UsbOutTransferResult } from '../../../../sdk/plugin-api/usb.ts'
import type { UsbDeviceView, UsbOpened, UsbReceived, UsbSent } from '../../../../sdk/protocol/usb-wire.ts'
import { DOMException } from '../web/base/dom-exception.ts'
import { bytesSlice } from '../web/base/primordials.ts'
import { isBufferSource, toDictionary, toEnforcedInteger, toText, viewBytes } from '../web/base/webidl.ts'
import { type Answer, asking } from './asking.ts'
import { type HostCall, HostError } from './host-calls.ts'
import { configurationOf, type DeviceState } from './usb-descriptors.ts'

export interface GuestDevice {
  readonly device: UsbDevice
  /** It was unplugged. */
  readonly disconnect: () => void
}

/** After these the host has no session any more. */
const ENDED = {
  PERMISSION_DENIED: 'SecurityError',
  RELEASE_REPLACED: 'InvalidStateError',
  HANDLE_CLOSED: 'InvalidStateError',
  DEVICE_GONE: 'NotFoundError',
  DEVICE_UNRESPONSIVE: 'NetworkError',
} as const

export const ask = asking({
  ...ENDED,
  DEVICE_BUSY: 'NetworkError',
  QUOTA_EXCEEDED: 'QuotaExceededError',
  HOST_CALL_FAILED: 'NetworkError',
})

const { hasOwn, freeze } = Object

export function createDevice(view: UsbDeviceView, call: HostCall): GuestDevice {
  const { id, configurations, configurationValue, ...facts } = view
  const state: DeviceState = { active: configurationValue, claimed: new Map() }
  const described = freeze(configurations.map((each) => configurationOf(each, state)))
  let handle: number | undefined
  let opening: Promise<void> | undefined

  const forget = (): void => {
    handle = undefined
    state.claimed.clear()
  }
  const close = async (): Promise<void> => {
    const closing = handle
    forget()
    if (closing !== undefined) await ask(call, 'usb.close', [closing])
  }
  const onHandle = async (name: string, args: readonly unknown[], data?: Uint8Array): Promise<Answer> => {
    const used = handle
    if (used === undefined) throw new DOMException('The device is not open', 'InvalidStateError')
    try {
      return await ask(call, `usb.${name}`, [used, ...args], data)
    } catch (error) {
      if (handle === used && hasEnded(error)) await close().catch(() => undefined)
      throw error
    }
  }
  const open = async (): Promise<void> => {
    const { head } = await ask(call, 'usb.open', [id])
    const opened = head as UsbOpened
    handle = opened.handle
    state.active = opened.configurationValue
  }

  const device: UsbDevice = freeze({
    ...facts,
    // WebUSB has a frozen array.
    configurations: described as UsbDevice['configurations'],
    get configuration() {
      return described.find(({ configurationValue }) => configurationValue === state.active) ?? null
    },
    get opened() {
      return handle !== undefined
    },
    async open() {
      if (handle !== undefined) return
      opening ??= open().finally(() => {
        opening = undefined
      })
      await opening
    },
    close,
    forget: close,
    async selectConfiguration(value: number) {
      const wanted = octet(value, 'The configuration')
      await onHandle('selectConfiguration', [wanted])
      state.claimed.clear()
      state.active = wanted
    },
    async claimInterface(number: number) {
      const wanted = octet(number, 'The interface')
      await onHandle('claimInterface', [wanted])
      if (!state.claimed.has(wanted)) state.claimed.set(wanted, 0)
    },
    async releaseInterface(number: number) {
      const wanted = octet(number, 'The interface')
      await onHandle('releaseInterface', [wanted])
      state.claimed.delete(wanted)
    },
    async selectAlternateInterface(number: number, setting: number) {
      const wanted = octet(number, 'The interface')
      const alternate = octet(setting, 'The alternate setting')
      await onHandle('selectAlternateInterface', [wanted, alternate])
      state.claimed.set(wanted, alternate)
    },
    async controlTransferIn(setup: unknown, length: number) {
      const wanted = toEnforcedInteger(length, 0xffff, 'The length')
      return received(await onHandle('controlTransferIn', [setupOf(setup), wanted]))
    },
    async controlTransferOut(setup: unknown, data?: unknown) {
      const bytes = data === undefined ? undefined : bytesOf(data)
      return sent(await onHandle('controlTransferOut', [setupOf(setup)], bytes))
    },
    async clearHalt(direction: unknown, endpoint: number) {
      await onHandle('clearHalt', [directionOf(direction), octet(endpoint, 'The endpoint')])
    },
    async transferIn(endpoint: number, length: number) {
      const wanted = toEnforcedInteger(length, 0xffff_ffff, 'The length')
      return received(await onHandle('transferIn', [octet(endpoint, 'The endpoint'), wanted]))
    },
    async transferOut(endpoint: number, data: unknown) {
      return sent(await onHandle('transferOut', [octet(endpoint, 'The endpoint')], bytesOf(data)))
    },
    async isochronousTransferIn(endpoint: number) {
      return refused(await onHandle('isochronousTransfer', ['in', octet(endpoint, 'The endpoint')]))
    },
    async isochronousTransferOut(endpoint: number) {
      return refused(await onHandle('isochronousTransfer', ['out', octet(endpoint, 'The endpoint')]))
    },
    async reset() {
      await onHandle('reset', [])
    },
  })
  return { device, disconnect: forget }
}

function hasEnded(error: unknown): boolean {
  const cause = error instanceof DOMException ? (error as { readonly cause?: unknown }).cause : undefined
  return cause instanceof HostError && hasOwn(ENDED, cause.code)
}

function received({ head, body }: Answer): UsbInTransferResult {
  const { status } = head as UsbReceived
  if (status !== 'ok') return freeze({ status, data: undefined })
  // A buffer of its own: nothing else of what has arrived is in it.
  const bytes = body === undefined ? new Uint8Array(0) : bytesSlice(body)
  return freeze({ status, data: new DataView(bytes.buffer) })
}

function sent({ head }: Answer): UsbOutTransferResult {
  const { status, bytesWritten } = head as UsbSent
  return freeze({ status, bytesWritten })
}

/** The host rejects every call of that kind. */
function refused(_answer: Answer): never {
  throw new DOMException('Isochronous transfers are not supported', 'NotSupportedError')
}

function octet(value: unknown, what: string): number {
  return toEnforcedInteger(value, 0xff, what)
}

function directionOf(value: unknown): 'in' | 'out' {
  const direction = toText(value)
  if (direction !== 'in' && direction !== 'out') throw new TypeError('The direction is "in" or "out"')
  return direction
}

function bytesOf(value: unknown): Uint8Array {
  if (!isBufferSource(value)) throw new TypeError('The data are neither an ArrayBuffer nor a view of one')
  return viewBytes(value)
}

function setupOf(value: unknown): Record<string, unknown> {
  const given = toDictionary(value, 'The setup')
  for (const member of ['requestType', 'recipient', 'request', 'value', 'index'])
    if (given[member] === undefined) throw new TypeError(`The setup has no "${member}"`)
  const requestType = toText(given.requestType)
  const recipient = toText(given.recipient)
  if (!['standard', 'class', 'vendor'].includes(requestType))
    throw new TypeError('"requestType" of the setup is "standard", "class" or "vendor"')
  if (!['device', 'interface', 'endpoint', 'other'].includes(recipient))
    throw new TypeError('"recipient" of the setup is "device", "interface", "endpoint" or "other"')
  return {
    requestType,
    recipient,
    request: octet(given.request, '"request" of the setup'),
    value: toEnforcedInteger(given.value, 0xffff, '"value" of the setup'),
    index: toEnforcedInteger(given.index, 0xffff, '"index" of the setup'),
  }
}
