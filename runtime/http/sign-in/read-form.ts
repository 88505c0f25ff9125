// Reads the fields of a small HTML form.
// Invariant: nothing beyond the limit is kept in memory.

import { PlugbayError } from '../../errors.ts'
import { chunksOf } from '../api/request-body.ts'

const MAX_BYTES = 16_384
const MAX_MS = 30_000
const TYPE = 'application/x-www-form-urlencoded'

/** @throws PlugbayError MEDIA_TYPE, BODY_TOO_LARGE, BODY_TOO_SLOW */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (type !== TYPE || request.headers.has('content-encoding'))
    throw new PlugbayError('MEDIA_TYPE', `The body must be "${TYPE}"`)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunksOf(request, MAX_MS)) {
    size += chunk.byteLength
    if (size > MAX_BYTES) throw new PlugbayError('BODY_TOO_LARGE')
    chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}
