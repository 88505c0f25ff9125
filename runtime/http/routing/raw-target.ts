// The target of a request as it was sent, before the server's short path or the app reads it.
// Invariant: what passes is read alike by a proxy in front, by both of them, and by the plugin; what could be read in two ways is
// refused, not repaired.

import { ERROR_CODES } from '../../errors.ts'
import type { ResponseSink } from '../exchange/response-sink.ts'
import { problemType } from '../server/problem-type.ts'

/** "." or ".." between slashes or backslashes, each character as it is or encoded; with parameters (";x"), which some servers cut. */
const DOT_SEGMENT = /(?:[/\\]|%2f|%5c)(?:\.|%2e){1,2}(?:[/\\;]|%2f|%5c|%3b|$)/i

/**
 * Whether the path means itself. False for dot segments, and for a backslash or "#", which the URL standard reads as a slash and as
 * the end.
 * @param url path and query as received
 */
export function isPlainTarget(url: string): boolean {
  if (url.includes('#')) return false
  const end = url.indexOf('?')
  const path = end === -1 ? url : url.slice(0, end)
  return !path.includes('\\') && !DOT_SEGMENT.test(path)
}

/** @param shell as in problemType() */
export function refuseTarget(sink: ResponseSink, shell: string): void {
  const code = 'BAD_REQUEST'
  const { status, title } = ERROR_CODES[code]
  const headers = ['content-type', 'application/problem+json', 'cache-control', 'no-store']
  headers.push('x-content-type-options', 'nosniff', 'content-security-policy', "default-src 'none'")
  sink.answer(status, headers, JSON.stringify({ type: problemType(code, shell), title, status, code }))
}
