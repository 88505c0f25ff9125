// env.usb: the devices that the manifest requests and an administrator granted, in the shape of WebUSB.

/** The descriptors that the device has given of itself, and what may be done with it. */
export interface UsbDevice {
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
  /** None where the system does not let the server open the device. */
  readonly configurations: UsbConfiguration[]
  /** The active one. */
  readonly configuration: UsbConfiguration | null
  readonly opened: boolean
  /** A device is open in one instance of one plugin: elsewhere it rejects with a `NetworkError` whose cause has the code `DEVICE_BUSY`. */
  open(): Promise<void>
  close(): Promise<void>
  /** Closes the device: what was granted and chosen is the administrator's. */
  forget(): Promise<void>
  selectConfiguration(configurationValue: number): Promise<void>
  claimInterface(interfaceNumber: number): Promise<void>
  releaseInterface(interfaceNumber: number): Promise<void>
  selectAlternateInterface(interfaceNumber: number, alternateSetting: number): Promise<void>
  controlTransferIn(setup: UsbControlTransferParameters, length: number): Promise<UsbInTransferResult>
  controlTransferOut(
    setup: UsbControlTransferParameters,
    data?: ArrayBuffer | ArrayBufferView,
  ): Promise<UsbOutTransferResult>
  clearHalt(direction: 'in' | 'out', endpointNumber: number): Promise<void>
  transferIn(endpointNumber: number, length: number): Promise<UsbInTransferResult>
  transferOut(endpointNumber: number, data: ArrayBuffer | ArrayBufferView): Promise<UsbOutTransferResult>
  /** Rejects with a `NotSupportedError`. */
  isochronousTransferIn(endpointNumber: number, packetLengths: number[]): Promise<never>
  /** Rejects with a `NotSupportedError`. */
  isochronousTransferOut(
    endpointNumber: number,
    data: ArrayBuffer | ArrayBufferView,
    packetLengths: number[],
  ): Promise<never>
  reset(): Promise<void>
}

export interface UsbDeviceRequestOptions {
  /** A device matches when one of these does; without any, every device does. */
  filters?: UsbDeviceFilter[]
  exclusionFilters?: UsbDeviceFilter[] | undefined
}

export interface UsbDeviceFilter {
  vendorId?: number | undefined
  productId?: number | undefined
  classCode?: number | undefined
  subclassCode?: number | undefined
  protocolCode?: number | undefined
  serialNumber?: string | undefined
}

export interface UsbConfiguration {
  readonly configurationValue: number
  readonly configurationName: string | null
  readonly interfaces: UsbInterface[]
}

export interface UsbInterface {
  readonly interfaceNumber: number
  readonly alternate: UsbAlternateInterface
  readonly alternates: UsbAlternateInterface[]
  readonly claimed: boolean
}

export interface UsbAlternateInterface {
  readonly alternateSetting: number
  readonly interfaceClass: number
  readonly interfaceSubclass: number
  readonly interfaceProtocol: number
  readonly interfaceName: string | null
  readonly endpoints: UsbEndpoint[]
}

export interface UsbEndpoint {
  readonly endpointNumber: number
  readonly direction: 'in' | 'out'
  readonly type: 'bulk' | 'interrupt' | 'isochronous'
  readonly packetSize: number
}

export interface UsbControlTransferParameters {
  requestType: 'standard' | 'class' | 'vendor'
  recipient: 'device' | 'interface' | 'endpoint' | 'other'
  request: number
  value: number
  index: number
}

export interface UsbInTransferResult {
  readonly data?: DataView | undefined
  readonly status: 'ok' | 'stall'
}

export interface UsbOutTransferResult {
  readonly bytesWritten: number
  readonly status: 'ok' | 'stall'
}

export interface UsbConnectionEvent extends Event {
  readonly device: UsbDevice
}

/** The listener type of EventTarget. */
type UsbListener = ((event: Event) => void) | { handleEvent(event: Event): void } | null

/**
 * See [usb.md](usb.md).
 * @deviation There is no list of protected classes: an administrator grants each device. Hubs are not opened.
 * @deviation Transfers have a deadline, after which they reject with a `TimeoutError`.
 * @deviation What aborts the transfers of an interface aborts those of the whole device.
 * @deviation Requests that set addresses, configurations or alternate settings by control transfers are refused with a `SecurityError`.
 * @deviation `status` is never `babble`: more data than there is room for is a `NetworkError`, or cut off.
 * @deviation Isochronous transfers are not supported.
 */
export interface Usb extends EventTarget {
  onconnect: ((event: UsbConnectionEvent) => void) | null
  ondisconnect: ((event: UsbConnectionEvent) => void) | null
  /** Never fails for lack of hardware: a machine without USB has an empty list. */
  getDevices(): Promise<UsbDevice[]>
  /**
   * The first device that an administrator chose for the plugin, that matches, and is plugged in. No one is asked in that moment:
   * without such a choice it rejects with a `NotFoundError`.
   */
  requestDevice(options?: UsbDeviceRequestOptions): Promise<UsbDevice>
  addEventListener(
    type: 'connect' | 'disconnect',
    listener: (event: UsbConnectionEvent) => void,
    options?: boolean | AddEventListenerOptions,
  ): void
  addEventListener(type: string, listener: UsbListener, options?: boolean | AddEventListenerOptions): void
  removeEventListener(
    type: 'connect' | 'disconnect',
    listener: (event: UsbConnectionEvent) => void,
    options?: boolean | { readonly capture?: boolean },
  ): void
  removeEventListener(
    type: string,
    listener: UsbListener,
    options?: boolean | { readonly capture?: boolean },
  ): void
}
