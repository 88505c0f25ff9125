// Bodies that cross the wall in chunks, as iterables, at the pace of the slower side.
// Invariant: the source is read only on demand, so neither side holds more than a window.

import type { ReceiveStream, SendStream } from './streams.ts'
import type { WireError } from './wire.ts'

/** Small enough that several can be in flight. */
const CHUNK_BYTES = 64 * 1024

/** The error of a body that the other side does not complete. */
export class StreamFailure extends Error {
  readonly code: string

  constructor({ code, message }: WireError) {
    super(message)
    this.name = 'StreamFailure'
    this.code = code
  }
}

/** The body that the other side sends, to be iterated once. Throws a StreamFailure when it is not completed. */
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
 * Sends the whole source but does not end the stream: the caller does, because it knows the outcome.
 * Resolves early when the reader does not want the rest. Rejects as the source does.
 * @param isWanted for a caller that may learn before the stream does that the body is not wanted
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
