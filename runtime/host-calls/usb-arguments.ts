// Arguments of host calls about USB devices, which may be anything.

import { UsbError } from '../../sdk/protocol/usb-error.ts'
import type { UsbDirection, UsbRequestFilter, UsbSetup } from '../../sdk/protocol/usb-wire.ts'
import { PlugbayError } from '../errors.ts'

const REQUEST_TYPES = ['standard', 'class', 'vendor'] as const
const RECIPIENTS = ['device', 'interface', 'endpoint', 'other'] as const

/** @throws PlugbayError HOST_CALL_INVALID */
export function byteOf(value: unknown): number {
  return numberOf(value, 0xff)
}

/** @throws PlugbayError HOST_CALL_INVALID */
export function directionOf(value: unknown): UsbDirection {
  if (value !== 'in' && value !== 'out') throw invalid('The direction is neither "in" nor "out"')
  return value
}

/** @throws UsbError QuotaExceededError; PlugbayError HOST_CALL_INVALID */
export function lengthOf(value: unknown, most: number): number {
  const length = numberOf(value, Number.MAX_SAFE_INTEGER)
  if (length > most) throw new UsbError('QuotaExceededError', `A transfer has ${most} bytes at most`)
  return length
}

/** @throws PlugbayError HOST_CALL_INVALID */
export function setupOf(value: unknown): UsbSetup {
  if (typeof value !== 'object' || value === null) throw invalid('The setup is not an object')
  const given: Readonly<Record<string, unknown>> = { ...value }
  const requestType = REQUEST_TYPES.find((type) => type === given.requestType)
  const recipient = RECIPIENTS.find((each) => each === given.recipient)
  if (requestType === undefined || recipient === undefined)
    throw invalid('The setup has no known type of request, or recipient')
  return {
    requestType,
    recipient,
    request: numberOf(given.request, 0xff),
    value: numberOf(given.value, 0xffff),
    index: numberOf(given.index, 0xffff),
  }
}

const FILTER_FIELDS = ['vendorId', 'productId', 'classCode', 'subclassCode', 'protocolCode'] as const
const MOST_FILTERS = 100

/** Options of requestDevice(). @throws PlugbayError HOST_CALL_INVALID; UsbError TypeError for a filter that WebUSB does not allow */
export function requestOf(value: unknown): {
  readonly filters: readonly UsbRequestFilter[]
  readonly exclusionFilters: readonly UsbRequestFilter[]
} {
  if (typeof value !== 'object' || value === null) throw invalid('The options are not an object')
  const { filters, exclusionFilters = [] }: Readonly<Record<string, unknown>> = { ...value }
  return { filters: filtersOf(filters), exclusionFilters: filtersOf(exclusionFilters) }
}

function filtersOf(value: unknown): readonly UsbRequestFilter[] {
  if (!Array.isArray(value) || value.length > MOST_FILTERS)
    throw invalid(`The filters are not a list of ${MOST_FILTERS} at most`)
  return value.map(filterOf)
}

function filterOf(value: unknown): UsbRequestFilter {
  if (typeof value !== 'object' || value === null) throw invalid('A filter is not an object')
  const given: Readonly<Record<string, unknown>> = { ...value }
  const numbers = FILTER_FIELDS.flatMap((field) =>
    given[field] === undefined ? [] : [[field, numberOf(given[field], 0xffff)]],
  )
  const filter: UsbRequestFilter = Object.fromEntries(numbers)
  for (const [field, needed] of [
    ['productId', 'vendorId'],
    ['subclassCode', 'classCode'],
    ['protocolCode', 'subclassCode'],
  ] as const)
    if (filter[field] !== undefined && filter[needed] === undefined)
      throw new UsbError('TypeError', `A filter with "${field}" needs "${needed}"`)
  const { serialNumber } = given
  if (serialNumber === undefined) return filter
  if (typeof serialNumber !== 'string' || serialNumber.length > 500)
    throw invalid('A serial number is not a text')
  return { ...filter, serialNumber }
}

function numberOf(value: unknown, most: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0 || value > most)
    throw invalid('A number is not whole, or out of its range')
  return value
}

function invalid(message: string): PlugbayError {
  return new PlugbayError('HOST_CALL_INVALID', message)
}
