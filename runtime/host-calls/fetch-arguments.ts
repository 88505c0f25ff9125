// Parses the argument of the host call "net.fetch" as hostile input.
// Invariant: the result is a request that HTTP can carry: a method, an http or https URL, headers without line breaks.

import type { FetchRequestHead } from '../../sdk/protocol/fetch-wire.ts'
import { PlugbayError } from '../errors.ts'

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,256}$/
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]{1,256}$/
/** The characters that HTTP allows in a header value. */
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/
const NEVER: ReadonlySet<string> = new Set(['CONNECT', 'TRACE', 'TRACK'])
const MAX_HEADERS = 200

export interface FetchArguments extends FetchRequestHead {
  readonly target: URL
}

/** @throws PlugbayError HOST_CALL_INVALID */
export function fetchArguments(args: readonly unknown[]): FetchArguments {
  const [head] = args
  if (typeof head !== 'object' || head === null) throw invalid('The request is not an object')
  const { method, url, headers, redirect, bodyLength } = head as Record<string, unknown>
  if (typeof method !== 'string' || !TOKEN.test(method) || NEVER.has(method.toUpperCase()))
    throw invalid('The method is not one that a request can have')
  if (typeof url !== 'string') throw invalid('The URL is not a string')
  const target = URL.parse(url)
  if (target === null) throw invalid('The URL is not an absolute URL')
  if (target.protocol !== 'http:' && target.protocol !== 'https:')
    throw invalid(`fetch() takes http and https addresses, not "${target.protocol.slice(0, 32)}"`)
  if (target.username !== '' || target.password !== '')
    throw invalid('The URL holds a user name or password: use the header "authorization"')
  if (!isHeaderList(headers)) throw invalid('The headers are not valid')
  if (redirect !== 'follow' && redirect !== 'manual' && redirect !== 'error')
    throw invalid('"redirect" is "follow", "manual" or "error"')
  if (bodyLength !== undefined && !isLength(bodyLength)) throw invalid('The length of the body is not valid')
  return { method, url, target, headers, redirect, ...(bodyLength !== undefined && { bodyLength }) }
}

function isHeaderList(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || value.length % 2 !== 0 || value.length > 2 * MAX_HEADERS) return false
  return value.every((text, index) => typeof text === 'string' && (index % 2 === 0 ? NAME : VALUE).test(text))
}

function isLength(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function invalid(message: string): PlugbayError {
  return new PlugbayError('HOST_CALL_INVALID', message)
}
