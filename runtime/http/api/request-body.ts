// The bytes of a request body, for readers that may stop early.
// Invariant: stopping early does not break the connection, because the response still has to be sent on it.

import { PlugbayError } from '../../errors.ts'

/** How much of a refused body is discarded at most; the listener closes connections that send more. */
const MAX_DISCARDED_BYTES = 64_000_000

/**
 * The chunks of the body; none without a body. The body is not touched before the first one is requested.
 * @throws PlugbayError CANCELLED when the client disconnected
 */
export async function* chunksOf(request: Request): AsyncGenerator<Uint8Array> {
  const { body } = request
  if (body === null) return
  let isWhole = false
  try {
    yield* body.values({ preventCancel: true })
    isWhole = true
  } catch (cause) {
    throw new PlugbayError('CANCELLED', 'The client went away while it sent the body', { cause })
  } finally {
    if (!isWhole) void discardRest(body)
  }
}

/** Discards the rest, because many clients read the response only after they have sent everything. Never rejects. */
async function discardRest(body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader()
  try {
    for (let size = 0; size < MAX_DISCARDED_BYTES; ) {
      const { done, value } = await reader.read()
      if (done) return
      size += value.byteLength
    }
    await reader.cancel()
  } catch {
    // The client has gone: there is nothing left to discard.
  }
}
