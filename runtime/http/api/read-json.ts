// Reads a JSON body with a size limit.
// Invariant: nothing beyond the limit is kept in memory, whatever Content-Length says; only application/json is JSON.

import { PlugbayError } from '../../errors.ts'
import { chunksOf } from './request-body.ts'

const MAX_JSON_BYTES = 1_000_000
const MAX_JSON_MS = 60_000

/**
 * @returns undefined without a body
 * @throws PlugbayError MEDIA_TYPE, BODY_TOO_LARGE, BODY_TOO_SLOW, BAD_REQUEST
 */
export async function readJson(request: Request): Promise<unknown> {
  const declared = Number(request.headers.get('content-length') ?? Number.NaN)
  if (declared === 0) return undefined
  if (declared > MAX_JSON_BYTES) throw new PlugbayError('BODY_TOO_LARGE')
  const bytes = await readCapped(request)
  if (bytes.length === 0) return undefined
  // Invariant: HTML forms of other sites cannot send this type, which makes it part of the defence against them.
  if (!isJson(request.headers.get('content-type'))) {
    throw new PlugbayError('MEDIA_TYPE', 'The body must be "application/json"')
  }
  if (isEncoded(request)) throw new PlugbayError('MEDIA_TYPE', 'The body must not be compressed')
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new PlugbayError('BAD_REQUEST', 'The body is not JSON', { cause })
  }
}

/** Whether the body has a Content-Encoding: it is refused, because a small body may decompress to a large one. */
export function isEncoded(request: Request): boolean {
  return !['identity', ''].includes(request.headers.get('content-encoding')?.trim().toLowerCase() ?? '')
}

function isJson(contentType: string | null): boolean {
  const [type, ...parameters] = (contentType ?? '').toLowerCase().split(';')
  return (
    type?.trim() === 'application/json' && parameters.every((each) => /^\s*charset="?utf-8"?\s*$/.test(each))
  )
}

async function readCapped(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunksOf(request, MAX_JSON_MS)) {
    size += chunk.byteLength
    if (size > MAX_JSON_BYTES) throw new PlugbayError('BODY_TOO_LARGE')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
