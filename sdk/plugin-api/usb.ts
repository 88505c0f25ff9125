// env.usb: the devices that the manifest requests and an administrator granted, in the shape of WebUSB.

export interface UsbDevice {
  readonly vendorId: number
  readonly productId: number
  readonly deviceClass: number
  readonly deviceSubclass: number
  readonly deviceProtocol: number
  readonly usbVersionMajor: number
  readonly usbVersionMinor: number
  readonly deviceVersionMajor: number
  readonly deviceVersionMinor: number
  readonly manufacturerName: string | undefined
  readonly productName: string | undefined
  readonly serialNumber: string | undefined
}

export interface UsbConnectionEvent extends Event {
  readonly device: UsbDevice
}

/** The listener type of EventTarget. */
type UsbListener = ((event: Event) => void) | { handleEvent(event: Event): void } | null

/** @deviation Devices are listed and announced by events; they cannot be opened yet. */
export interface Usb extends EventTarget {
  /** Never fails for lack of hardware: a machine without USB has an empty list. */
  getDevices(): Promise<UsbDevice[]>
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
