// What the "usb" package says when an operation fails, in the words of WebUSB. It has no codes: its messages end in one of nusb's.

import { UsbError, type UsbErrorName } from '../../../../sdk/protocol/usb-error.ts'

interface Outcome {
  readonly says: RegExp
  readonly code: UsbErrorName
  readonly message: string
}

const OUTCOMES: readonly Outcome[] = [
  {
    says: /\b(?:Cancelled|transfer was cancelled)\b/,
    code: 'TimeoutError',
    message: 'The device did not answer in time',
  },
  {
    says: /\b(?:Disconnected|disconnected|device not found)\b/,
    code: 'NotFoundError',
    message: 'The device was disconnected',
  },
  {
    says: /\bpermission denied\b/i,
    code: 'NetworkError',
    message: 'The system does not let the server open the device: docs/usb.md has the udev rule for that',
  },
  {
    says: /\binterface is busy\b/,
    code: 'NetworkError',
    message: 'The interface is used by a driver of the system, or by another program',
  },
  { says: /\bdevice is busy\b/, code: 'NetworkError', message: 'The device is used by another program' },
  {
    says: /\bendpoint not found\b/,
    code: 'NetworkError',
    message: 'The device does not have the endpoint that its descriptors name',
  },
]

export function isStall(error: unknown): boolean {
  return /\b(?:Stall|endpoint stalled)\b/.test(textOf(error))
}

/** Whether there was no driver to take the interface from. */
export function isWithoutDriver(error: unknown): boolean {
  return /\bno kernel driver attached\b/.test(textOf(error))
}

/** An error of the package as one that a guest can be told; any other as it is. */
export function outcomeOf(error: unknown): unknown {
  if (error instanceof UsbError) return error
  const text = textOf(error)
  const known = OUTCOMES.find(({ says }) => says.test(text))
  if (known !== undefined) return new UsbError(known.code, known.message)
  // Its texts are "<operation> error: <what>": no path and no value of ours is in them.
  const [, what] = /^\w+ error: (.{1,200})$/.exec(text) ?? []
  return what === undefined ? error : new UsbError('NetworkError', `The transfer or request failed: ${what}`)
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : ''
}
