// Bodies of host calls that stream: from the guest as an iterable of bytes, to the guest at the pace of its reader.

import type { IncomingCall } from '../../sdk/protocol/channel.ts'
import type { ReceiveStream } from '../../sdk/protocol/streams.ts'
import type { WireError } from '../../sdk/protocol/wire.ts'
import { isErrorCode, PlugbayError } from '../errors.ts'
import type { HostCallStreams } from './types.ts'

const CHUNK_BYTES = 64 * 1024

/** Most calls have no use for a signal: it is made at the first look. */
export function streamsOf(call: IncomingCall): HostCallStreams {
  let controller: AbortController | undefined
  let isCancelled = false
  call.onCancel = () => {
    isCancelled = true
    controller?.abort(new PlugbayError('CANCELLED'))
  }
  return {
    upload: call.stream,
    get signal() {
      if (controller === undefined) {
        controller = new AbortController()
        if (isCancelled) controller.abort(new PlugbayError('CANCELLED'))
      }
      return controller.signal
    },
  }
}

/** What the guest sends, with backpressure. Throws CANCELLED or the guest's error when it does not come to its end. */
export async function* bytesOf(stream: ReceiveStream): AsyncGenerator<Uint8Array> {
  const queue: Uint8Array[] = []
  let ended = false
  let error: PlugbayError | undefined
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
    error({ code, message }) {
      error = new PlugbayError(isErrorCode(code) ? code : 'CANCELLED', message)
      wake()
    },
  })
  for (;;) {
    if (error !== undefined) throw error
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

/** Answers with a body that goes on in chunks. Resolves when it has ended, failed, or is not wanted any more; never rejects. */
export async function sendStream(
  call: IncomingCall,
  head: string,
  { source, signal, toWireError }: HostStream,
): Promise<void> {
  const target = call.replyStream(head)
  try {
    for await (const chunk of source) {
      for (let start = 0; start < chunk.byteLength; start += CHUNK_BYTES) {
        if (signal.aborted) return
        if (!target.writable) {
          const { promise, resolve } = Promise.withResolvers<void>()
          target.onReady = resolve
          target.onStop = resolve
          await promise
        }
        target.write(chunk.subarray(start, start + CHUNK_BYTES))
      }
    }
    target.end()
  } catch (error) {
    target.abort(toWireError(error))
  }
}

export interface HostStream {
  readonly source: AsyncIterable<Uint8Array>
  /** Aborted when the guest does not want the rest. */
  readonly signal: AbortSignal
  readonly toWireError: (error: unknown) => WireError
}
