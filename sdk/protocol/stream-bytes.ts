// Bodies that cross the wall in chunks, as iterables: read and written at the pace of the slower side.
// Invariant: what was not asked for is not taken, so neither side holds more than a window.

import type { ReceiveStream, SendStream } from './streams.ts'
import type { WireError } from './wire.ts'

/** Small enough to be under way several at a time. */
const CHUNK_BYTES = 64 * 1024

/** What the other side says when its body does not come to its end. */
export class StreamFailure extends Error {
  readonly code: string

  constructor({ code, message }: WireError) {
    super(message)
    this.name = 'StreamFailure'
    this.code = code
  }
}

/** What the other side sends, once. Throws a StreamFailure when it does not come to its end. */
export async function* bytesOf(stream: ReceiveStream): AsyncGenerator<Uint8Array> {
  const queue: Uint8Array[] = []
  let ended = false
  let failure: StreamFailure | undefined
  let wake = () => {}
  stream.read({
    chunk(bytes) {
      queue.push(bytes)
      wake()
    },
    end() {
      ended = true
      wake()
    },
    error(error) {
      failure = new StreamFailure(error)
      wake()
    },
  })
  for (;;) {
    if (failure !== undefined) throw failure
    const chunk = queue.shift()
    if (chunk !== undefined) {
      yield chunk
      stream.consumed(chunk.byteLength)
    } else if (ended) return
    else {
      const { promise, resolve } = Promise.withResolvers<void>()
      wake = resolve
      await promise
    }
  }
}

/**
 * Sends all of the source and does not end the stream: that is for the caller, who knows how it went.
 * Resolves early when nobody wants the rest. Rejects as the source does.
 * @param isWanted for a caller who may learn that before or beside the stream
 */
export async function sendBytes(
  target: SendStream,
  source: AsyncIterable<Uint8Array>,
  isWanted: () => boolean = () => true,
): Promise<void> {
  let isStopped = false
  let wake = () => {}
  target.onReady = () => wake()
  target.onStop = () => {
    isStopped = true
    wake()
  }
  for await (const chunk of source) {
    for (let start = 0; start < chunk.byteLength; start += CHUNK_BYTES) {
      if (isStopped || !isWanted()) return
      if (!target.writable) {
        const { promise, resolve } = Promise.withResolvers<void>()
        wake = resolve
        await promise
      }
      target.write(chunk.subarray(start, start + CHUNK_BYTES))
    }
  }
}
