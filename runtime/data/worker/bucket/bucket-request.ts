// The arguments of bucket calls: parses what a guest sent, within limits modelled on Cloudflare R2.
// Invariant: nothing unchecked reaches the database; what becomes a header cannot hold a line break.

import { isUtf8 } from 'node:buffer'
import { createHash } from 'node:crypto'
import {
  DIGESTS,
  type DigestName,
  HTTP_FIELDS,
  type HttpField,
  type WireCondition,
  type WireHttpMetadata,
} from '../../../../sdk/protocol/bucket-wire.ts'
import { encodeText, invalid, parseCursor, parseOptions, parsePrefix } from '../texts.ts'

/**
 * In UTF-8.
 * @limit `env.files`: key
 * @passed an error with the code `HOST_CALL_INVALID` is thrown
 */
const MAX_KEY_BYTES = 1024
/**
 * Each.
 * @limit `env.files`: value of `httpMetadata`, in characters
 * @passed an error with the code `HOST_CALL_INVALID` is thrown
 */
const MAX_HTTP_TEXT = 1024
/**
 * Names and values together, in UTF-8.
 * @limit `env.files`: `customMetadata`, in bytes
 * @passed an error with the code `HOST_CALL_INVALID` is thrown
 */
const MAX_CUSTOM_BYTES = 8192
/**
 * Default and maximum.
 * @limit `env.files`: objects and prefixes of one page of a list
 * @passed the list continues with `cursor`
 */
const MAX_LIST = 1000
/**
 * @limit `env.files`: keys of one `delete`
 * @passed an error with the code `HOST_CALL_INVALID` is thrown
 */
const MAX_DELETED = 1000
/**
 * @limit `env.files`: parts of a file, and the largest number of one
 * @passed an error with the code `HOST_CALL_INVALID` is thrown
 */
const MAX_PARTS = 10_000
/** The largest time value of a Date: 8.64e15 ms. */
const MAX_TIME_MS = 8.64e15
const MAX_ETAGS = 100

/** A header's value, as one byte per character (RFC 9110, 5.5). */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const HEX = /^(?:[0-9a-f]{2}){16,64}$/
const UPLOAD_ID = /^[0-9a-f-]{36}$/
const UPLOAD_NAME = /^[\w-]{16,128}$/

export interface Metadata {
  readonly http?: WireHttpMetadata
  readonly custom?: Readonly<Record<string, string>>
  /** In hex. */
  readonly digests?: { readonly [Name in DigestName]?: string }
  /** The upload in parts that the file was. */
  readonly upload?: string
}

export interface ListQuery {
  readonly prefix: Uint8Array
  readonly limit: number
  readonly after: Uint8Array | undefined
  /** Empty for none. */
  readonly delimiter: Uint8Array
}

export interface NamedPart {
  readonly number: number
  readonly etag: string
}

/** @throws DataError HOST_CALL_INVALID */
export function parseKey(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw invalid('The key of a file must be a string')
  // Not encoded: it may be of any length.
  if (value.length > MAX_KEY_BYTES)
    throw invalid(`The key has more than ${MAX_KEY_BYTES} bytes: at most ${MAX_KEY_BYTES} are allowed`)
  const bytes = encodeText(value, 'The key')
  if (bytes.length === 0) throw invalid('A key cannot be empty')
  if (bytes.length > MAX_KEY_BYTES)
    throw invalid(`The key has ${bytes.length} bytes: at most ${MAX_KEY_BYTES} are allowed`)
  if (bytes.includes(0)) throw invalid('A key cannot hold the character U+0000')
  return bytes
}

/** Of a row that someone else may have written. */
export function isKey(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array &&
    value.length > 0 &&
    value.length <= MAX_KEY_BYTES &&
    isUtf8(value) &&
    !value.includes(0)
  )
}

/** @throws DataError HOST_CALL_INVALID */
export function parseKeys(value: unknown): readonly Uint8Array[] {
  if (!Array.isArray(value)) return [parseKey(value)]
  if (value.length > MAX_DELETED)
    throw invalid(`"delete" was given ${value.length} keys: at most ${MAX_DELETED} are allowed`)
  return value.map(parseKey)
}

/** @throws DataError HOST_CALL_INVALID */
export function parseMetadata(options: unknown): Metadata {
  const { http, custom } = parseOptions(options)
  return { ...parseHttp(http), ...parseCustom(custom) }
}

/** @throws DataError HOST_CALL_INVALID */
export function parseCondition(value: unknown): WireCondition | undefined {
  if (value === undefined || value === null) return undefined
  const { etagMatches, etagDoesNotMatch, uploadedBefore, uploadedAfter, secondsGranularity } =
    parseOptions(value)
  return {
    ...optional('etagMatches', parseEtags(etagMatches)),
    ...optional('etagDoesNotMatch', parseEtags(etagDoesNotMatch)),
    ...optional('uploadedBefore', parseTime(uploadedBefore)),
    ...optional('uploadedAfter', parseTime(uploadedAfter)),
    secondsGranularity: secondsGranularity === true,
  }
}

/** @throws DataError HOST_CALL_INVALID */
export function parseList(value: unknown): ListQuery {
  const options = parseOptions(value)
  const prefix = parsePrefix(options.prefix, MAX_KEY_BYTES)
  const limit = options.limit ?? MAX_LIST
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > MAX_LIST)
    throw invalid(`"limit" must be a whole number from 1 to ${MAX_LIST}`)
  const delimiter = parsePrefix(options.delimiter, MAX_KEY_BYTES, '"delimiter"')
  const startAfter = options.startAfter
  // The last of a page may be the end of a prefix: one byte more.
  const cursor = parseCursor(options.cursor, prefix, MAX_KEY_BYTES + 1)
  const start =
    startAfter === undefined || startAfter === null
      ? undefined
      : parsePrefix(startAfter, MAX_KEY_BYTES, '"startAfter"')
  return { prefix, limit, delimiter, after: cursor ?? start }
}

/** @throws DataError HOST_CALL_INVALID */
export function parsePartNumber(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > MAX_PARTS)
    throw invalid(`The number of a part must be a whole number from 1 to ${MAX_PARTS}`)
  return value
}

/** @throws DataError HOST_CALL_INVALID */
export function parseUploadId(value: unknown): string {
  if (typeof value !== 'string' || !UPLOAD_ID.test(value)) throw invalid('The id of the upload is not one')
  return value
}

/**
 * The id of the upload that a page has named, for this key only.
 * @throws DataError HOST_CALL_INVALID
 */
export function parseUploadName(value: unknown, key: Uint8Array): string {
  if (typeof value !== 'string' || !UPLOAD_NAME.test(value))
    throw invalid('The name of an upload has 16 to 128 letters, digits, "-" or "_"')
  const hex = createHash('sha256').update(value).update('\0').update(key).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  )
}

/** In the order of their numbers. @throws DataError HOST_CALL_INVALID */
export function parseParts(body: Uint8Array | undefined): readonly NamedPart[] {
  let list: unknown
  try {
    list = JSON.parse(Buffer.from(body ?? []).toString())
  } catch (error) {
    throw invalid(`The parts are not JSON: ${String(error)}`)
  }
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_PARTS)
    throw invalid(`A file has 1 to ${MAX_PARTS} parts`)
  const parts = list.map((value) => {
    const { partNumber, etag } = parseOptions(value)
    if (typeof etag !== 'string' || etag.length > 128) throw invalid('The etag of a part must be a string')
    return { number: parsePartNumber(partNumber), etag }
  })
  parts.sort((a, b) => a.number - b.number)
  if (parts.some(({ number }, index) => number === parts[index + 1]?.number))
    throw invalid('A part is named twice')
  return parts
}

/** Of a row that someone else may have written: undefined unless the calls above could have made it. */
export function parseStoredMetadata(text: unknown): Metadata | undefined {
  if (typeof text !== 'string' || text.length > 64_000) return undefined
  try {
    const value = parseOptions(JSON.parse(text))
    const { upload } = value
    return {
      ...parseMetadata(value),
      ...parseDigests(value.digests),
      ...(upload !== undefined && { upload: parseUploadId(upload) }),
    }
  } catch {
    // It is refused with a reason of its own.
    return undefined
  }
}

/** @throws DataError HOST_CALL_INVALID */
export function parseDigests(value: unknown): Pick<Metadata, 'digests'> {
  const given = parseOptions(value)
  const digests: { [Name in DigestName]?: string } = {}
  for (const name of DIGESTS) {
    const digest = given[name]
    if (digest === undefined) continue
    if (typeof digest !== 'string' || !HEX.test(digest)) throw invalid(`"${name}" is not a digest in hex`)
    digests[name] = digest
  }
  return Object.keys(digests).length === 0 ? {} : { digests }
}

function parseHttp(value: unknown): Pick<Metadata, 'http'> {
  const given = parseOptions(value)
  const http: { [Name in HttpField]?: string } & { cacheExpiry?: number } = {}
  for (const name of Object.keys(HTTP_FIELDS) as HttpField[]) {
    const text = given[name]
    if (text === undefined || text === null) continue
    if (typeof text !== 'string' || !HEADER_VALUE.test(text))
      throw invalid(`"${name}" cannot be the value of a header`)
    if (text.length > MAX_HTTP_TEXT)
      throw invalid(`"${name}" has ${text.length} characters: at most ${MAX_HTTP_TEXT} are allowed`)
    http[name] = text
  }
  const expiry = parseTime(given.cacheExpiry)
  if (expiry !== undefined) http.cacheExpiry = expiry
  return Object.keys(http).length === 0 ? {} : { http }
}

function parseCustom(value: unknown): Pick<Metadata, 'custom'> {
  const given = parseOptions(value)
  let bytes = 0
  for (const [name, text] of Object.entries(given)) {
    if (typeof text !== 'string')
      throw invalid(`"customMetadata" holds something else than text: "${name.slice(0, 64)}"`)
    bytes += encodeText(name, 'A name of "customMetadata"').length
    bytes += encodeText(text, 'A value of "customMetadata"').length
  }
  if (bytes > MAX_CUSTOM_BYTES)
    throw invalid(`"customMetadata" has ${bytes} bytes: at most ${MAX_CUSTOM_BYTES} are allowed`)
  return bytes === 0 ? {} : { custom: given as Readonly<Record<string, string>> }
}

function parseEtags(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  const isList = Array.isArray(value) && value.length <= MAX_ETAGS
  if (!isList || !value.every((etag) => typeof etag === 'string'))
    throw invalid('The etags of a condition must be text')
  return value
}

function parseTime(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !(Math.abs(value) <= MAX_TIME_MS)) throw invalid('A time must be a Date')
  return value
}

function optional<Name extends string, Value>(name: Name, value: Value | undefined) {
  return value === undefined ? {} : ({ [name]: value } as { [Key in Name]: Value })
}
