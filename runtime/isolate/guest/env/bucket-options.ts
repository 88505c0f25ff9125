// Options of env.files as the wire takes them: conditions and ranges, of their own shape or of the headers of a request.

import type {
  BucketConditional,
  BucketHttpMetadata,
  BucketPutOptions,
  BucketRange,
} from '../../../../sdk/plugin-api/bucket.ts'
import {
  DIGESTS,
  HTTP_FIELDS,
  type HttpField,
  type WireCondition,
  type WireHttpMetadata,
  type WirePutOptions,
} from '../../../../sdk/protocol/bucket-wire.ts'
import { isHeaders } from '../web/fetch/headers.ts'

export interface ByteRange {
  readonly offset: number
  readonly length: number
}

type Given = Readonly<Record<string, unknown>>

const { keys, fromEntries } = Object
const HTTP_NAMES = keys(HTTP_FIELDS) as HttpField[]

export function conditionOf(value: unknown): WireCondition | undefined {
  if (value === undefined || value === null) return undefined
  if (isHeaders(value)) return conditionOfHeaders(value)
  const given = optionsOf(value, '"onlyIf"') as BucketConditional
  const { etagMatches, etagDoesNotMatch, uploadedBefore, uploadedAfter, secondsGranularity } = given
  return {
    ...(etagMatches !== undefined && { etagMatches: [String(etagMatches)] }),
    ...(etagDoesNotMatch !== undefined && { etagDoesNotMatch: [String(etagDoesNotMatch)] }),
    ...(uploadedBefore !== undefined && { uploadedBefore: timeOf(uploadedBefore, 'uploadedBefore') }),
    ...(uploadedAfter !== undefined && { uploadedAfter: timeOf(uploadedAfter, 'uploadedAfter') }),
    secondsGranularity: secondsGranularity === true,
  }
}

/** RFC 9110, 13.1. */
export function conditionOfHeaders(headers: Pick<Headers, 'get'>): WireCondition {
  const match = headers.get('if-match')
  const noneMatch = headers.get('if-none-match')
  const before = httpTime(headers.get('if-unmodified-since'))
  const after = httpTime(headers.get('if-modified-since'))
  return {
    // A weak tag is never strongly equal.
    ...(match !== null && { etagMatches: tagsOf(match).flatMap(({ tag, isWeak }) => (isWeak ? [] : [tag])) }),
    ...(noneMatch !== null && { etagDoesNotMatch: tagsOf(noneMatch).map(({ tag }) => tag) }),
    ...(before !== undefined && { uploadedBefore: before }),
    ...(after !== undefined && { uploadedAfter: after }),
    secondsGranularity: true,
  }
}

/** Undefined for the whole; null for a range that no byte is in. @throws RangeError for one that cannot be */
export function rangeOf(value: unknown, size: number): ByteRange | null | undefined {
  if (value === undefined || value === null) return undefined
  if (isHeaders(value)) return rangeOfHeader(value.get('range'), size)
  const given = optionsOf(value, '"range"') as Partial<Record<'offset' | 'length' | 'suffix', unknown>>
  const { suffix } = given as BucketRange & { readonly suffix?: unknown }
  if (suffix !== undefined) {
    const length = Math.min(sizeOf(suffix, 'suffix'), size)
    return length === 0 ? null : { offset: size - length, length }
  }
  const offset = given.offset === undefined ? 0 : sizeOf(given.offset, 'offset')
  const length = given.length === undefined ? size : sizeOf(given.length, 'length')
  if (offset > size || (offset === size && size > 0)) return null
  return { offset, length: Math.min(length, size - offset) }
}

/** One range (RFC 9110, 14.1.2). Undefined for anything else, which is ignored. */
export function rangeOfHeader(text: string | null, size: number): ByteRange | null | undefined {
  const [, first, last] = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(text ?? '') ?? []
  if (first === undefined || last === undefined || first + last === '') return undefined
  if (first === '') {
    const length = Math.min(Number(last), size)
    return length === 0 ? null : { offset: size - length, length }
  }
  const offset = Number(first)
  const end = last === '' ? size : Math.min(Number(last) + 1, size)
  if (last !== '' && Number(last) < offset) return undefined
  return offset >= size ? null : { offset, length: end - offset }
}

export function putOptionsOf(value: unknown): WirePutOptions {
  const given = optionsOf(value, 'The options') as BucketPutOptions
  const onlyIf = conditionOf(given.onlyIf)
  const http = httpOf(given.httpMetadata)
  const custom = given.customMetadata
  const named = DIGESTS.filter((name) => given[name] !== undefined)
  const [name] = named
  if (named.length > 1) throw new TypeError(`At most one digest can be given: ${named.join(', ')}`)
  return {
    ...(onlyIf !== undefined && { onlyIf }),
    ...(http !== undefined && { http }),
    ...(custom !== undefined && { custom: customOf(custom) }),
    ...(name !== undefined && { digest: { name, value: hexOf(given[name]) } }),
  }
}

/** Bytes in hex. */
export function hexOf(value: unknown): string {
  if (typeof value === 'string') return value.toLowerCase()
  const bytes =
    value instanceof ArrayBuffer
      ? new Uint8Array(value)
      : ArrayBuffer.isView(value)
        ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
        : undefined
  if (bytes === undefined) throw new TypeError('A digest is an ArrayBuffer, a view of one, or text in hex')
  let hex = ''
  for (let index = 0; index < bytes.length; index++) hex += (bytes[index] ?? 0).toString(16).padStart(2, '0')
  return hex
}

function httpOf(value: unknown): WireHttpMetadata | undefined {
  if (value === undefined || value === null) return undefined
  if (isHeaders(value)) {
    const found = HTTP_NAMES.flatMap((name) => {
      const text = value.get(HTTP_FIELDS[name])
      return text === null ? [] : [[name, text] as const]
    })
    const expires = httpTime(value.get('expires'))
    return { ...fromEntries(found), ...(expires !== undefined && { cacheExpiry: expires }) }
  }
  const given = optionsOf(value, '"httpMetadata"') as BucketHttpMetadata
  const http = fromEntries(
    HTTP_NAMES.flatMap((name) => (given[name] === undefined ? [] : [[name, String(given[name])] as const])),
  )
  if (given.cacheExpiry === undefined) return http
  return { ...http, cacheExpiry: timeOf(given.cacheExpiry, 'cacheExpiry') }
}

function customOf(value: unknown): Readonly<Record<string, string>> {
  const given = optionsOf(value, '"customMetadata"')
  return fromEntries(keys(given).map((name) => [name, String(given[name])]))
}

function optionsOf(value: unknown, what: string): Given {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object') throw new TypeError(`${what} must be an object`)
  return value as Given
}

function tagsOf(text: string): readonly { readonly tag: string; readonly isWeak: boolean }[] {
  if (text.trim() === '*') return [{ tag: '*', isWeak: false }]
  return [...text.matchAll(/(W\/)?"([^"]*)"/g)].map(([, weak, tag = '']) => ({
    tag,
    isWeak: weak !== undefined,
  }))
}

function httpTime(text: string | null): number | undefined {
  const time = text === null ? Number.NaN : Date.parse(text)
  return Number.isNaN(time) ? undefined : time
}

function timeOf(value: unknown, name: string): number {
  const time = value instanceof Date ? value.getTime() : Number.NaN
  if (Number.isNaN(time)) throw new TypeError(`"${name}" must be a Date`)
  return time
}

function sizeOf(value: unknown, name: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new RangeError(`"${name}" must be a whole number, not negative`)
  return value
}
