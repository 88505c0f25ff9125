// Keys, prefixes and cursors as a guest sends them: text with exactly one spelling in bytes.

import { DataError } from './data-error.ts'

/** @param name begins a sentence: "The key". @throws DataError HOST_CALL_INVALID */
export function encodeText(text: string, name: string): Uint8Array {
  // A lone surrogate has no UTF-8 encoding: two such keys would become the same.
  if (!text.isWellFormed()) throw invalid(`${name} is not well-formed Unicode`)
  return Buffer.from(text)
}

/** Undefined and null are a prefix of all. @throws DataError HOST_CALL_INVALID */
export function parsePrefix(value: unknown, maxBytes: number, name = '"prefix"'): Uint8Array {
  if (value === undefined || value === null) return new Uint8Array()
  if (typeof value !== 'string') throw invalid(`${name} must be a string`)
  const prefix = encodeText(value, name)
  if (prefix.length > maxBytes)
    throw invalid(`${name} has ${prefix.length} bytes: at most ${maxBytes} are allowed`)
  return prefix
}

/** An opaque cursor: the last key of the page. */
export function makeCursor(lastKey: Uint8Array): string {
  return Buffer.from(lastKey).toString('base64url')
}

/** @throws DataError HOST_CALL_INVALID */
export function parseCursor(value: unknown, prefix: Uint8Array, maxBytes: number): Uint8Array | undefined {
  // The first page is requested without a cursor, or with the empty one that a loop starts from.
  if (value === undefined || value === null || value === '') return undefined
  const key = typeof value === 'string' ? Buffer.from(value, 'base64url') : undefined
  if (
    key === undefined ||
    makeCursor(key) !== value ||
    key.length > maxBytes ||
    !key.subarray(0, prefix.length).equals(prefix)
  ) {
    throw invalid('The cursor is not one of this list')
  }
  return key
}

/** @throws DataError HOST_CALL_INVALID */
export function parseOptions(value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object' || Array.isArray(value)) throw invalid('The options must be an object')
  return value as Readonly<Record<string, unknown>>
}

/** Behind all keys with the prefix: no byte of UTF-8 is 0xff. */
export function endOf(prefix: Uint8Array): Uint8Array {
  return Buffer.concat([prefix, Buffer.from([0xff])])
}

export function invalid(message: string): DataError {
  return new DataError('HOST_CALL_INVALID', message)
}
