// Runs inside the virtual machine: a device as its descriptors say, in bytes. Every field can be another one than it should be.

import type { Answer, DeviceModel, Setup } from './usbip-device.ts'

export interface Description {
  readonly vendorId: number
  readonly productId: number
  /** By index, from 1: maker, product, serial number, and more. Bytes are sent as they are; `stall` and `silence` are answers, too. */
  readonly strings: readonly (string | Uint8Array)[]
  readonly configurations: readonly Uint8Array[]
  /** How many the device says it has. */
  readonly count?: number
}

const [DEVICE, CONFIGURATION, STRING] = [1, 2, 3]
const [GET_STATUS, GET_DESCRIPTOR] = [0, 6]
const NOTHING = new Uint8Array(0)

/** Each is a byte, or a word of two. */
function bytes(...fields: readonly (number | readonly [word: number])[]): Uint8Array {
  return Uint8Array.from(
    fields.flatMap((field) => (typeof field === 'number' ? [field] : [field[0] & 0xff, field[0] >> 8])),
  )
}

export function endpoint(
  address: number,
  { type = 2, size = 512, interval = 0, length = 7 } = {},
): Uint8Array {
  return bytes(length, 5, address, type, [size], interval)
}

export interface InterfaceFields {
  readonly alternate?: number
  readonly endpoints?: readonly Uint8Array[]
  /** How many endpoints it says that it has. */
  readonly count?: number
  readonly name?: number
  readonly classCode?: number
}

export function interfaceOf(number: number, fields: InterfaceFields = {}): Uint8Array {
  const { alternate = 0, endpoints = [], count = endpoints.length, name = 0, classCode = 0xff } = fields
  return Buffer.concat([bytes(9, 4, number, alternate, count, classCode, 0, 0, name), ...endpoints])
}

export interface ConfigurationFields {
  readonly value?: number
  /** How many interfaces it says that it has. */
  readonly count?: number
  /** How long it says that it is. */
  readonly total?: number
  readonly name?: number
}

export function configuration(parts: readonly Uint8Array[], fields: ConfigurationFields = {}): Uint8Array {
  const rest = Buffer.concat(parts)
  const { value = 1, count = 1, total = rest.length + 9, name = 0 } = fields
  return Buffer.concat([bytes(9, CONFIGURATION, [total], count, value, name, 0x80, 50), rest])
}

/** A device that does what its description says: it sends back what it is sent, and takes every other request. */
export function deviceOf(description: Description): DeviceModel {
  const sent: Uint8Array[] = []
  return {
    control(setup) {
      if (setup.request === GET_DESCRIPTOR && (setup.requestType & 0x80) !== 0)
        return described(description, setup)
      if (setup.request === GET_STATUS && (setup.requestType & 0x80) !== 0) return bytes([1])
      return (setup.requestType & 0x80) === 0 ? NOTHING : 'stall'
    },
    transfer(_endpoint, isIn, _length, data) {
      if (isIn) return sent.shift() ?? 'silence'
      sent.push(Uint8Array.from(data))
      return NOTHING
    },
  }
}

function described(
  { vendorId, productId, strings, configurations, count }: Description,
  { value }: Setup,
): Answer {
  const [kind, index] = [value >> 8, value & 0xff]
  if (kind === DEVICE)
    return bytes(
      18,
      1,
      [0x0200],
      0,
      0,
      0,
      64,
      [vendorId],
      [productId],
      [0x0100],
      1,
      2,
      3,
      count ?? configurations.length,
    )
  if (kind === CONFIGURATION) return configurations[index] ?? 'stall'
  if (kind !== STRING) return 'stall'
  if (index === 0) return bytes(4, STRING, [0x0409])
  return encoded(strings[index - 1] ?? 'stall')
}

function encoded(text: string | Uint8Array): Answer {
  if (text === 'stall' || text === 'silence') return text
  if (typeof text !== 'string') return text
  const content = Buffer.from(text, 'utf16le')
  return Buffer.concat([bytes(content.length + 2, STRING), content])
}
