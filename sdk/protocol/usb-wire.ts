// What host calls about USB devices take and return, in the words of WebUSB, and their limits.

import type { UsbErrorName } from './usb-error.ts'

/**
 * In each direction; data of control transfers have 65,535 bytes at most.
 * @limit `env.usb`: data of one transfer, in bytes
 * @passed a `QuotaExceededError` is thrown
 */
export const MAX_USB_TRANSFER = 1024 * 1024
/**
 * Waiting ones included.
 * @limit `env.usb`: transfers of one open device that have not ended
 * @passed a `QuotaExceededError` is thrown
 */
export const MAX_USB_PENDING = 32
/**
 * Data to be sent, and room for what is to be received.
 * @limit `env.usb`: data of the transfers of one open device that have not ended, in bytes
 * @passed a `QuotaExceededError` is thrown
 */
export const MAX_USB_PENDING_BYTES = 4 * 1024 * 1024

export type UsbDirection = 'in' | 'out'

export interface UsbEndpointFacts {
  readonly endpointNumber: number
  readonly direction: UsbDirection
  readonly type: 'bulk' | 'interrupt' | 'isochronous'
  readonly packetSize: number
}

export interface UsbAlternateFacts {
  readonly alternateSetting: number
  readonly interfaceClass: number
  readonly interfaceSubclass: number
  readonly interfaceProtocol: number
  readonly interfaceName: string | null
  readonly endpoints: readonly UsbEndpointFacts[]
}

export interface UsbInterfaceFacts {
  readonly interfaceNumber: number
  readonly alternates: readonly UsbAlternateFacts[]
}

export interface UsbConfigurationFacts {
  readonly configurationValue: number
  readonly configurationName: string | null
  readonly interfaces: readonly UsbInterfaceFacts[]
}

/** A device as its descriptors say. */
export interface UsbDeviceFacts {
  readonly vendorId: number
  readonly productId: number
  readonly deviceClass: number
  readonly deviceSubclass: number
  readonly deviceProtocol: number
  readonly usbVersionMajor: number
  readonly usbVersionMinor: number
  readonly usbVersionSubminor: number
  readonly deviceVersionMajor: number
  readonly deviceVersionMinor: number
  readonly deviceVersionSubminor: number
  readonly manufacturerName: string | null
  readonly productName: string | null
  readonly serialNumber: string | null
  /** None where the system does not let them be read. */
  readonly configurations: readonly UsbConfigurationFacts[]
  /** Of the active configuration when it was read; null for none. */
  readonly configurationValue: number | null
}

/** A device as a guest gets it. */
export interface UsbDeviceView extends UsbDeviceFacts {
  /** Names it in host calls, until it is unplugged. */
  readonly id: number
}

/** Of requestDevice(). */
export interface UsbRequestFilter {
  readonly vendorId?: number
  readonly productId?: number
  readonly classCode?: number
  readonly subclassCode?: number
  readonly protocolCode?: number
  readonly serialNumber?: string
}

export interface UsbSetup {
  readonly requestType: 'standard' | 'class' | 'vendor'
  readonly recipient: 'device' | 'interface' | 'endpoint' | 'other'
  readonly request: number
  readonly value: number
  readonly index: number
}

export interface UsbOpened {
  readonly handle: number
  readonly configurationValue: number | null
}

/** The data that were received are beside it. */
export interface UsbReceived {
  readonly status: 'ok' | 'stall'
}

export interface UsbSent {
  readonly status: 'ok' | 'stall'
  readonly bytesWritten: number
}

/** Instead of a result: the call was carried out, and this is what came of it. */
export interface UsbFailure {
  readonly error: UsbErrorName
  readonly message: string
}
