// The streams of functions of the application: what a plugin sends beside the argument, and a result that is a stream.
// Invariant: neither is read ahead, and both end when their call does.

import type { ReceiveStream } from '../../sdk/protocol/streams.ts'
import { bytesOf } from '../sandbox/instance/host-streams.ts'
import type { Standstill } from './standstill.ts'

/** @param sent a body that is present as a whole; undefined with `upload`, or without a body */
export function bodyOf(
  sent: Uint8Array | undefined,
  upload: ReceiveStream | undefined,
  { signal, moved }: Standstill,
): ReadableStream<Uint8Array> {
  const source = upload === undefined ? present(sent) : bytesOf(upload)
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        signal.addEventListener('abort', () => controller.error(signal.reason))
      },
      async pull(controller) {
        const { done, value } = await source.next()
        moved()
        if (signal.aborted) return
        if (done === true) controller.close()
        else controller.enqueue(value)
      },
      async cancel() {
        await source.return(undefined)
      },
    },
    { highWaterMark: 0 },
  )
}

async function* present(sent: Uint8Array | undefined): AsyncGenerator<Uint8Array> {
  if (sent !== undefined) yield sent
}

export interface ResultParts {
  readonly standstill: Standstill
  /** Called once: it has ended, failed, or is not wanted any more. */
  readonly onEnd: (error?: unknown) => void
}

/** @throws TypeError for anything but bytes; what the stream fails with; the reason of the standstill */
export async function* bytesOfResult(
  stream: ReadableStream<unknown>,
  { standstill, onEnd }: ResultParts,
): AsyncGenerator<Uint8Array> {
  const { signal, moved } = standstill
  const reader = stream.getReader()
  // A read that is under way ends then, too.
  const cancel = () => void reader.cancel(signal.reason).catch(onEnd)
  signal.addEventListener('abort', cancel)
  let isDone = false
  let failure: unknown
  try {
    signal.throwIfAborted()
    for (;;) {
      const { done, value } = await reader.read()
      signal.throwIfAborted()
      if (done) {
        isDone = true
        return
      }
      if (!(value instanceof Uint8Array))
        throw new TypeError('A stream of a function gives Uint8Array chunks')
      moved()
      yield value
      moved()
    }
  } catch (error) {
    failure = error
    throw error
  } finally {
    signal.removeEventListener('abort', cancel)
    if (!isDone) cancel()
    onEnd(failure)
  }
}
