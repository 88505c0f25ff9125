// Converts bodies between the channel's streams and the web's ReadableStream, with backpressure both ways.

import type { IncomingCall } from '../../../../sdk/protocol/channel.ts'
import type { ReceiveStream, SendStream } from '../../../../sdk/protocol/streams.ts'
import type { WireError } from '../../../../sdk/protocol/wire.ts'
import { currentRequest, enter } from '../web/base/request-context.ts'
import { markPassable, unmarkPassable } from '../web/streams/passable.ts'
import { streams } from '../web/streams/streams.ts'
import { TextEncoder } from '../web/text/encoding.ts'
import { reportOf } from './error-report.ts'

/** Bodies up to this size travel with the head of their message. */
export const INLINE_BYTES = 128 * 1024
const CHUNK_BYTES = 64 * 1024

export interface ReadableHooks {
  /** The reader cancels the rest. */
  cancel(reason: unknown): void
  /** The reader's error for a failure of the other side. */
  toError(error: WireError): unknown
  /** No more chunks. */
  done(): void
}

/** The answer to a call to the host. */
export interface AnswerHooks extends ReadableHooks {
  readonly call: number
}

/** A stream of the host, which it can send elsewhere as well. */
export function answerFrom(stream: ReceiveStream, hooks: AnswerHooks): ReadableStream<Uint8Array> {
  let readable: ReadableStream<Uint8Array> | undefined
  let isDone = false
  const done = () => {
    isDone = true
    if (readable !== undefined) unmarkPassable(readable)
    hooks.done()
  }
  readable = readableFrom(stream, { ...hooks, done })
  if (!isDone) markPassable(readable, hooks.call)
  return readable
}

/** A body that is still arriving, as a ReadableStream of bytes. */
export function readableFrom(stream: ReceiveStream, hooks?: ReadableHooks): ReadableStream<Uint8Array> {
  let pending = 0
  const owner = currentRequest()
  const { ReadableStream } = streams()
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stream.read({
          chunk(bytes) {
            enter(owner)
            pending += bytes.byteLength
            controller.enqueue(bytes)
          },
          end() {
            enter(owner)
            hooks?.done()
            controller.close()
          },
          error(error) {
            enter(owner)
            hooks?.done()
            controller.error(hooks?.toError(error) ?? new TypeError(error.message))
          },
        })
      },
      pull() {
        // The queue has room again, because its content has been read.
        stream.consumed(pending)
        pending = 0
      },
      cancel: (reason) => hooks?.cancel(reason),
    },
    { highWaterMark: 0 },
  )
}

/** A body to send: bytes, or a stream of them. */
export interface OutgoingBody {
  readonly bytes: Uint8Array | undefined
  readonly stream: ReadableStream | undefined
}

/** What travels with the head of a call: the whole body, if it is short. */
export function inlineBody({ bytes, stream }: OutgoingBody): {
  readonly inline: Uint8Array | undefined
  readonly more: boolean
} {
  const isInline = bytes === undefined || bytes.length <= INLINE_BYTES
  return { inline: isInline ? bytes : undefined, more: !isInline || stream !== undefined }
}

/** Sends a body behind the head of its call, and ends it. @param onFailure called when the body cannot be read */
export function uploadBody(
  target: SendStream,
  { bytes, stream }: OutgoingBody,
  onFailure: (error: unknown) => void,
): void {
  let sent: Promise<void>
  if (stream === undefined) sent = sendBytes(target, bytes ?? new Uint8Array(0)).then(() => target.end())
  else {
    const reader = stream.getReader()
    // It has been answered, or has ended: the rest is not needed.
    target.onStop = () => void reader.cancel().catch(() => undefined)
    sent = sendChunks(target, reader)
  }
  sent.catch((error: unknown) => {
    const { name, message } = reportOf(error)
    target.abort({ code: 'CANCELLED', name, message })
    onFailure(error)
  })
}

/** Sends a response body from a ReadableStream, at the pace of the reader. */
export function pumpStream(call: IncomingCall, head: string, source: ReadableStream): void {
  const target = call.replyStream(head)
  const reader = source.getReader()
  const owner = currentRequest()
  const stop = () => {
    enter(owner)
    void reader.cancel().catch(() => undefined)
  }
  target.onStop = stop
  // The request ends before the stream does: a plugin that listens to its signal is notified first.
  call.onCancel(stop)
  sendChunks(target, reader).catch((error: unknown) => {
    const { name, message, stack } = reportOf(error)
    target.abort({ code: 'GUEST_ERROR', name, message, stack })
  })
}

interface ChunkReader {
  read(): Promise<{ readonly done: boolean; readonly value?: unknown }>
}

/** Sends everything from a reader. Rejects as the reader does. */
export async function sendChunks(target: SendStream, reader: ChunkReader): Promise<void> {
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return target.end()
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value
    if (!(bytes instanceof Uint8Array)) throw new TypeError('A body stream gives Uint8Array chunks')
    await sendBytes(target, bytes)
  }
}

/** Sends a large body that is complete already. */
export function pumpBytes(call: IncomingCall, head: string, body: Uint8Array): void {
  const target = call.replyStream(head)
  void sendBytes(target, body).then(() => target.end())
}

/** Writes bytes at the pace of the reader; never settles when the other side has cancelled the rest. */
export async function sendBytes(target: SendStream, bytes: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes.byteLength; start += CHUNK_BYTES) {
    if (!target.writable) {
      const { promise, resolve } = Promise.withResolvers<void>()
      const owner = currentRequest()
      target.onReady = () => {
        enter(owner)
        resolve()
      }
      await promise
    }
    target.write(bytes.slice(start, start + CHUNK_BYTES))
  }
}
