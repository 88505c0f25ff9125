// The arguments of kv calls: parses what a guest sent, within limits modelled on Workers KV.
// Invariant: nothing unchecked reaches the database; a key has exactly one spelling in bytes.

import { isUtf8 } from 'node:buffer'
import { encodeText, invalid, parseCursor, parseOptions, parsePrefix } from '../texts.ts'

/**
 * In UTF-8.
 * @limit `env.kv`: key
 * @passed an error with the code `HOST_CALL_INVALID` is thrown
 */
const MAX_KEY_BYTES = 512
/**
 * Less than what fits into a host call.
 * @limit `env.kv`: value
 * @passed an error with the code `HOST_CALL_INVALID`, or a `RangeError`, is thrown
 */
const MAX_VALUE_BYTES = 1_000_000
/**
 * In UTF-8, as JSON.
 * @limit `env.kv`: metadata
 * @passed an error with the code `HOST_CALL_INVALID` is thrown
 */
const MAX_METADATA_BYTES = 1024
/**
 * Default and maximum.
 * @limit `env.kv`: keys of one page of a list
 * @passed the list continues with `cursor`
 */
const MAX_LIST = 1000
/** The largest time value of a Date: 8.64e15 ms. */
const MAX_TIME_MS = 8.64e15
/** More writes than a file will ever see. */
const MAX_VERSION = 2 ** 50

export interface KvPut {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** JSON text; null for none. */
  readonly metadata: string | null
  /** Milliseconds since the epoch; null for never. */
  readonly expiresAtMs: number | null
  readonly condition: KvCondition
}

/** A row as it is stored. */
export interface KvEntry extends Omit<KvPut, 'condition'> {
  readonly version: number
}

/** The version that a key must have for a change to happen: null for a key that must not exist, undefined for any. */
export type KvCondition = string | null | undefined

export interface KvIncrement {
  readonly key: Uint8Array
  readonly by: number
  /** Expiration of a counter that this call creates: milliseconds since the epoch, null for never. */
  readonly expiresAtMs: number | null
}

export interface KvListQuery {
  readonly prefix: Uint8Array
  readonly limit: number
  /** Keys after this one; undefined for all. */
  readonly after: Uint8Array | undefined
}

/** @throws DataError HOST_CALL_INVALID unless it is a key: well-formed text of 1 to 512 bytes, not "." or ".." */
export function parseKey(value: unknown): Uint8Array {
  if (typeof value !== 'string') throw invalid('A key must be a string')
  if (value === '.' || value === '..') throw invalid(`"${value}" cannot be a key`)
  const bytes = encodeText(value, 'The key')
  if (bytes.length === 0) throw invalid('A key cannot be empty')
  if (bytes.length > MAX_KEY_BYTES)
    throw invalid(`The key has ${bytes.length} bytes: at most ${MAX_KEY_BYTES} are allowed`)
  return bytes
}

/**
 * @param args `[key, {expiration?, expirationTtl?, metadata?, ifVersion?}?]`
 * @param now milliseconds since the epoch
 * @throws DataError HOST_CALL_INVALID
 */
export function parsePut(args: readonly unknown[], value: Uint8Array, now: number): KvPut {
  const key = parseKey(args[0])
  if (value.length > MAX_VALUE_BYTES)
    throw invalid(`The value has ${value.length} bytes: at most ${MAX_VALUE_BYTES} are allowed`)
  const options = parseOptions(args[1])
  return {
    key,
    value,
    metadata: parseMetadata(options.metadata),
    expiresAtMs: parseExpiry(options, now),
    condition: parseCondition(options.ifVersion),
  }
}

/**
 * @param args `[key, {ifVersion?}?]`
 * @throws DataError HOST_CALL_INVALID
 */
export function parseDelete(args: readonly unknown[]): {
  readonly key: Uint8Array
  readonly condition: string | undefined
} {
  const key = parseKey(args[0])
  const condition = parseCondition(parseOptions(args[1]).ifVersion)
  if (condition === null) throw invalid('"ifVersion" of a deletion must be a version')
  return { key, condition }
}

/**
 * @param args `[key, by, {expiration?, expirationTtl?}?]`
 * @throws DataError HOST_CALL_INVALID
 */
export function parseIncrement(args: readonly unknown[], now: number): KvIncrement {
  const key = parseKey(args[0])
  const by = args[1] ?? 1
  if (typeof by !== 'number' || !Number.isSafeInteger(by))
    throw invalid('A counter goes up or down by a whole number')
  return { key, by, expiresAtMs: parseExpiry(parseOptions(args[2]), now) }
}

/**
 * @param args `[{prefix?, limit?, cursor?}?]`
 * @throws DataError HOST_CALL_INVALID
 */
export function parseList(args: readonly unknown[]): KvListQuery {
  const options = parseOptions(args[0])
  const prefix = parsePrefix(options.prefix, MAX_KEY_BYTES)
  const limit = options.limit ?? MAX_LIST
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > MAX_LIST) {
    throw invalid(`"limit" must be a whole number from 1 to ${MAX_LIST}`)
  }
  return { prefix, limit, after: parseCursor(options.cursor, prefix, MAX_KEY_BYTES) }
}

/** Parses a row of a file that someone else may have written; undefined unless the calls above could have made it. */
export function parseStored(row: Readonly<Record<string, unknown>>): KvEntry | undefined {
  const { key, value, metadata, expires_at_ms: expiresAtMs, version } = row
  const isKey = key instanceof Uint8Array && key.length > 0 && key.length <= MAX_KEY_BYTES && isUtf8(key)
  if (!isKey || ['.', '..'].includes(Buffer.from(key).toString())) return undefined
  if (!(value instanceof Uint8Array) || value.length > MAX_VALUE_BYTES) return undefined
  if (metadata !== null && !isMetadata(metadata)) return undefined
  if (expiresAtMs !== null && !isWithin(expiresAtMs, MAX_TIME_MS)) return undefined
  return isWithin(version, MAX_VERSION) ? { key, value, metadata, expiresAtMs, version } : undefined
}

function isMetadata(value: unknown): value is string {
  if (typeof value !== 'string' || Buffer.byteLength(value) > MAX_METADATA_BYTES) return false
  try {
    JSON.parse(value)
    return true
  } catch {
    return false
  }
}

function isWithin(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && typeof value === 'number' && value >= 0 && value <= max
}

function parseCondition(value: unknown): KvCondition {
  if (value === undefined || value === null) return value
  if (typeof value !== 'string')
    throw invalid('"ifVersion" must be a version, or null for a key that is not there')
  return value
}

function parseMetadata(value: unknown): string | null {
  if (value === undefined || value === null) return null
  const json = JSON.stringify(value)
  const bytes = Buffer.byteLength(json)
  if (bytes > MAX_METADATA_BYTES)
    throw invalid(`The metadata has ${bytes} bytes as JSON: at most ${MAX_METADATA_BYTES} are allowed`)
  return json
}

function parseExpiry(options: Readonly<Record<string, unknown>>, now: number): number | null {
  const ttl = options.expirationTtl ?? undefined
  const expiration = options.expiration ?? undefined
  if (ttl !== undefined) {
    if (!isSeconds(ttl) || ttl < 1) throw invalid('"expirationTtl" must be a number of seconds, at least 1')
    return checkedTime(now + ttl * 1000)
  }
  if (expiration === undefined) return null
  if (!isSeconds(expiration) || expiration * 1000 <= now) {
    throw invalid('"expiration" must be a time in the future, in seconds since the epoch')
  }
  return checkedTime(expiration * 1000)
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function checkedTime(ms: number): number {
  if (ms > MAX_TIME_MS) throw invalid('The expiration is too far in the future')
  return Math.ceil(ms)
}
