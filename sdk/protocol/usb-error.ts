// An outcome of an operation on a USB device that WebUSB has a name for. It crosses every wall as that name.

export const USB_ERRORS = [
  'NotFoundError',
  'InvalidStateError',
  'InvalidAccessError',
  'NetworkError',
  'AbortError',
  'SecurityError',
  'NotSupportedError',
  // Beside WebUSB, whose transfers wait for ever.
  'TimeoutError',
  'QuotaExceededError',
  // An argument that is none: an exception of the language.
  'TypeError',
] as const
export type UsbErrorName = (typeof USB_ERRORS)[number]

export class UsbError extends Error {
  /** Of the exception that a guest gets. */
  readonly code: UsbErrorName

  constructor(code: UsbErrorName, message: string) {
    super(message)
    this.name = 'UsbError'
    this.code = code
  }
}
