// Reads the body of a request as text.
// Invariant: a longer one is not kept.

import type { RequestBody } from '../http/exchange/exchange.ts'

/** @param max bytes. Undefined for a longer body, and for one that did not arrive whole. */
export function readText(body: RequestBody | undefined, max: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const chunks: Uint8Array[] = []
  let length = 0
  if (body === undefined) resolve('')
  body?.read({
    chunk(bytes) {
      length += bytes.byteLength
      // The rest passes by, so that the connection can carry the next request.
      if (length <= max) chunks.push(bytes.slice())
      return true
    },
    end: () => resolve(length > max ? undefined : Buffer.concat(chunks).toString('utf8')),
    error: () => resolve(undefined),
  })
  return promise
}
