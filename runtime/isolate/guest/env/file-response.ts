// Answers a request with a file: conditions and ranges of HTTP (RFC 9110). The bytes do not pass through here.

import type { BucketObjectBody } from '../../../../sdk/plugin-api/bucket.ts'
import { judge } from '../../../../sdk/protocol/bucket-condition.ts'
import type { WireObject } from '../../../../sdk/protocol/bucket-wire.ts'
import { Headers } from '../web/fetch/headers.ts'
import { Response } from '../web/fetch/response.ts'
import { writeHttp } from './bucket-object.ts'
import { type ByteRange, conditionOfHeaders, rangeOfHeader } from './bucket-options.ts'

export interface FileAnswerParts {
  readonly request: Request
  /** Null when there is no such file. */
  readonly found: WireObject | null
  /** Added, in place of those of the file. */
  readonly headers: unknown
  readonly bodyOf: (range: ByteRange | undefined) => BucketObjectBody
}

export function fileResponse({ request, found, headers: given, bodyOf }: FileAnswerParts): Response {
  const { method } = request
  if (method !== 'GET' && method !== 'HEAD')
    return new Response('This address does not accept that method', {
      status: 405,
      headers: { allow: 'GET, HEAD' },
    })
  if (found === null) return new Response('There is nothing here', { status: 404 })
  const headers = new Headers()
  writeHttp(found.http, headers as unknown as globalThis.Headers)
  if (given !== undefined) for (const [name, value] of new Headers(given)) headers.set(name, value)
  headers.set('etag', `"${found.etag}"`)
  headers.set('last-modified', new Date(found.uploaded).toUTCString())
  headers.set('accept-ranges', 'bytes')
  const { holds, isKnown } = judge(conditionOfHeaders(request.headers), found)
  if (!holds) {
    if (isKnown) {
      headers.delete('content-type')
      return new Response(null, { status: 304, headers })
    }
    return new Response('The file has changed', { status: 412 })
  }
  if (!headers.has('content-type')) headers.set('content-type', 'application/octet-stream')
  const range = method === 'GET' ? wantedRange(request, found) : undefined
  if (range === null)
    return new Response('The file has no such bytes', {
      status: 416,
      headers: { 'content-range': `bytes */${found.size}`, 'accept-ranges': 'bytes' },
    })
  headers.set('content-length', String(range?.length ?? found.size))
  if (method === 'HEAD') return new Response(null, { headers })
  if (range === undefined) return new Response(bodyOf(undefined).body, { headers })
  headers.set('content-range', `bytes ${range.offset}-${range.offset + range.length - 1}/${found.size}`)
  return new Response(bodyOf(range).body, { status: 206, headers })
}

/** A range counts only of the file that the reader has begun with. */
function wantedRange({ headers }: Request, found: WireObject): ByteRange | null | undefined {
  const ifRange = headers.get('if-range')
  if (ifRange !== null && ifRange !== `"${found.etag}"` && ifRange !== new Date(found.uploaded).toUTCString())
    return undefined
  return rangeOfHeader(headers.get('range'), found.size)
}
