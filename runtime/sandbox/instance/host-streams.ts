// Streaming bodies of host calls: from the guest as an iterable of bytes, to the guest at the pace of its reader.

import type { IncomingCall } from '../../../sdk/protocol/channel.ts'
import { StreamFailure, sendBytes, bytesOf as streamBytes } from '../../../sdk/protocol/stream-bytes.ts'
import type { ReceiveStream } from '../../../sdk/protocol/streams.ts'
import type { WireError } from '../../../sdk/protocol/wire.ts'
import { isErrorCode, PlugbayError } from '../../errors.ts'
import type { HostCallStreams } from '../types.ts'
import type { HandleTable } from './handles.ts'

/** What an instance has for all of its calls. */
export type Given = Pick<HostCallStreams, 'handles' | 'charge' | 'userOf' | 'passed'>

/** Created on first use, because most calls need no signal. */
export class CallStreams implements HostCallStreams {
  readonly upload: ReceiveStream | undefined
  readonly handles: HandleTable
  readonly charge: HostCallStreams['charge']
  readonly userOf: HostCallStreams['userOf']
  readonly passed: HostCallStreams['passed']
  readonly requestId: string | undefined
  #controller: AbortController | undefined
  #isCancelled = false

  constructor(call: IncomingCall, { handles, charge, userOf, passed }: Given, requestId: string | undefined) {
    this.upload = call.stream
    this.handles = handles
    this.charge = charge
    this.userOf = userOf
    this.passed = passed
    this.requestId = requestId
    call.onCancel(() => this.#cancel())
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#isCancelled) this.#cancel()
    }
    return this.#controller.signal
  }

  #cancel(): void {
    this.#isCancelled = true
    this.#controller?.abort(new PlugbayError('CANCELLED'))
  }
}

/** The body from the guest, with backpressure. Throws CANCELLED or the guest's error when it is not completed. */
export async function* bytesOf(stream: ReceiveStream): AsyncGenerator<Uint8Array> {
  try {
    yield* streamBytes(stream)
  } catch (error) {
    if (!(error instanceof StreamFailure)) throw error
    throw new PlugbayError(isErrorCode(error.code) ? error.code : 'CANCELLED', error.message)
  }
}

/** Replies with a body that continues in chunks. Resolves when it has ended, failed or been cancelled; never rejects. */
export async function sendStream(
  call: IncomingCall,
  head: string,
  { source, signal, until, toWireError }: HostStream,
): Promise<void> {
  const target = call.replyStream(head)
  const stop = () => {
    target.abort(toWireError(until?.reason))
    // The loop that waits for the reader continues, and ends.
    target.onReady?.()
  }
  const isOver = () => signal.aborted || until?.aborted === true
  until?.addEventListener('abort', stop)
  try {
    await sendBytes(target, source, () => !isOver())
    if (isOver()) return
    target.end()
  } catch (error) {
    target.abort(toWireError(error))
  } finally {
    until?.removeEventListener('abort', stop)
  }
}

export interface HostStream {
  readonly source: AsyncIterable<Uint8Array>
  /** Aborted when the guest cancels the rest. */
  readonly signal: AbortSignal
  /** Ends it with an error. */
  readonly until?: AbortSignal | undefined
  readonly toWireError: (error: unknown) => WireError
}
