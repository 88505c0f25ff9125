// The calls of the device process. One that was not opened lists devices; one that was has that device only, until it ends.

import type { UsbErrorName } from '../../../../sdk/protocol/usb-error.ts'
import type {
  UsbDeviceFacts,
  UsbDirection,
  UsbReceived,
  UsbSent,
  UsbSetup,
} from '../../../../sdk/protocol/usb-wire.ts'

/** A device of the machine. */
export interface UsbDeviceInfo extends UsbDeviceFacts {
  /** Bus and address: constant until the device is unplugged; plugged in again it has another one. */
  readonly key: string
  /** Classes of its interfaces, without duplicates, ascending. */
  readonly interfaceClasses: readonly number[]
}

/** Which device: an address is given again after a while. */
export type UsbPlace = Pick<UsbDeviceInfo, 'key' | 'vendorId' | 'productId' | 'serialNumber'>

/** Of a transfer; it counts from its arrival in the process, so a transfer that waits for its endpoint has less. */
interface Timed {
  readonly timeoutMs: number
}

export type UsbCall =
  /** @param keys of the devices to read; all by default */
  | { readonly m: 'list'; readonly keys?: readonly string[] | undefined }
  | { readonly m: 'open'; readonly device: UsbPlace }
  | { readonly m: 'reset' }
  | { readonly m: 'configure'; readonly value: number }
  | { readonly m: 'claim'; readonly number: number; readonly mayDetach: boolean }
  | { readonly m: 'release'; readonly number: number }
  /** Gives an interface back to the driver of the system that this process, or one before it, took it from. */
  | { readonly m: 'reattach'; readonly number: number }
  | { readonly m: 'alternate'; readonly number: number; readonly setting: number }
  | { readonly m: 'clearHalt'; readonly direction: UsbDirection; readonly endpoint: number }
  | (Timed & { readonly m: 'controlIn'; readonly setup: UsbSetup; readonly length: number })
  | (Timed & { readonly m: 'controlOut'; readonly setup: UsbSetup })
  | (Timed & { readonly m: 'transferIn'; readonly endpoint: number; readonly length: number })
  | (Timed & { readonly m: 'transferOut'; readonly endpoint: number })

export interface UsbResults {
  list: readonly UsbDeviceInfo[]
  /** The active configuration. */
  open: number | null
  reset: null
  configure: null
  /** Whether it was taken from a driver of the system. */
  claim: boolean
  release: null
  reattach: null
  alternate: null
  clearHalt: null
  controlIn: UsbReceived
  controlOut: UsbSent
  transferIn: UsbReceived
  transferOut: UsbSent
}

export type UsbMethod = UsbCall['m']

/** The head of a reply. */
export type UsbReplyHead<Method extends UsbMethod> =
  | { readonly result: UsbResults[Method] }
  | { readonly error: UsbErrorName; readonly message: string }
