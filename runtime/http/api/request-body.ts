// The bytes of a request body, for readers that may stop early.
// Invariant: stopping early does not break the connection, because the response still has to be sent on it.

import { PlugbayError } from '../../errors.ts'

/** How much of a refused body is discarded at most; the listener closes connections that send more. */
const MAX_DISCARDED_BYTES = 64_000_000
/** And for how long at most. */
const MAX_DISCARD_MS = 30_000

/**
 * The chunks of the body; none without a body. The body is not touched before the first one is requested.
 * @param maxMs from then until the last one has arrived
 * @throws PlugbayError CANCELLED when the client disconnected, BODY_TOO_SLOW
 */
export async function* chunksOf(request: Request, maxMs: number): AsyncGenerator<Uint8Array> {
  const { body } = request
  if (body === null) return
  const reader = body.getReader()
  let state: 'arriving' | 'late' | 'whole' = 'arriving'
  // A read that waits is rejected by this; the stream stays open for the rest.
  const timer = setTimeout(() => {
    state = 'late'
    reader.releaseLock()
  }, maxMs).unref()
  try {
    for (;;) {
      const { done, value } = await read(reader, () => state === 'late')
      if (done) break
      yield value
    }
    state = 'whole'
  } finally {
    clearTimeout(timer)
    reader.releaseLock()
    if (state !== 'whole') void discardRest(body)
  }
}

async function read(reader: ReadableStreamDefaultReader<Uint8Array>, isLate: () => boolean) {
  try {
    return await reader.read()
  } catch (cause) {
    throw isLate()
      ? new PlugbayError('BODY_TOO_SLOW')
      : new PlugbayError('CANCELLED', 'The client went away while it sent the body', { cause })
  }
}

/** Discards the rest, because many clients read the response only after they have sent everything. Never rejects. */
async function discardRest(body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader()
  // Waiting reads end with it, as at the end of the body; a client that has gone is not there to be notified.
  const timer = setTimeout(() => void reader.cancel().catch(() => undefined), MAX_DISCARD_MS).unref()
  try {
    for (let size = 0; size < MAX_DISCARDED_BYTES; ) {
      const { done, value } = await reader.read()
      if (done) return
      size += value.byteLength
    }
    await reader.cancel()
  } catch {
    // The client has gone: there is nothing left to discard.
  } finally {
    clearTimeout(timer)
  }
}
