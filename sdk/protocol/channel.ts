// One conversation across the wall: calls in both directions, each with a reply or an error, bodies as streams, and events.
// The same code runs at one end in the runtime and at the other in the guest or in a worker process.
// Invariant: every call is settled exactly once, also when the channel closes.

import { CallTable } from './call-table.ts'
import { ReceiveStream, SendStream } from './streams.ts'
import {
  type Body,
  CALL,
  CANCEL,
  CHUNK,
  CREDIT,
  ERROR,
  EVENT,
  FROM_CALLER,
  KIND_MASK,
  MORE,
  REPLY,
  type SendFrame,
  type WireError,
} from './wire.ts'

/** Receives the outcome of a call. */
export interface ReplySink {
  reply(head: string, body: Uint8Array | undefined, stream: ReceiveStream | undefined): void
  error(error: WireError): void
}

export interface OutgoingCall {
  readonly id: number
  /** Present when the call was made with `more`: the rest of its body. */
  readonly body: SendStream | undefined
  cancel(): void
}

export interface IncomingCall {
  readonly id: number
  readonly head: string
  readonly body: Uint8Array | undefined
  /** Present when the body continues in chunks. */
  readonly stream: ReceiveStream | undefined
  /** The listeners are called in order when the caller cancels. */
  onCancel(listener: () => void): void
  reply(head: string, body?: Body): void
  /** Replies with a body that continues in chunks. */
  replyStream(head: string): SendStream
  fail(error: WireError): void
}

export interface ChannelHandlers {
  call(call: IncomingCall): void
  event?(head: string, body: Uint8Array | undefined): void
  /** A frame without effect: for a call that has ended or never existed. An honest peer sends a few of them. */
  ignored?(): void
}

/** An inline function in a property would outlive its call in V8: hence classes (docs/performance.md). */
class Outgoing implements OutgoingCall {
  readonly id: number
  readonly sink: ReplySink
  upload: SendStream | undefined = undefined
  download: ReceiveStream | undefined = undefined
  readonly #channel: Channel

  constructor(channel: Channel, id: number, sink: ReplySink) {
    this.#channel = channel
    this.id = id
    this.sink = sink
  }

  get body(): SendStream | undefined {
    return this.upload
  }

  cancel(): void {
    this.#channel.cancel(this.id)
  }
}

class Incoming implements IncomingCall {
  readonly id: number
  readonly head: string
  readonly body: Uint8Array | undefined
  readonly stream: ReceiveStream | undefined
  #listeners: (() => void)[] | undefined = undefined
  download: SendStream | undefined = undefined
  readonly #channel: Channel

  constructor(channel: Channel, id: number, head: string, content: Uint8Array | ReceiveStream | undefined) {
    this.#channel = channel
    this.id = id
    this.head = head
    const streams = content instanceof ReceiveStream
    this.body = streams ? undefined : content
    this.stream = streams ? content : undefined
  }

  onCancel(listener: () => void): void {
    if (this.#listeners === undefined) this.#listeners = [listener]
    else this.#listeners.push(listener)
  }

  cancelled(): void {
    for (const listener of this.#listeners ?? []) listener()
  }

  reply(head: string, body?: Body): void {
    this.#channel.settle(this, REPLY, head, body)
  }

  replyStream(head: string): SendStream {
    return this.#channel.replyStream(this, head)
  }

  fail(error: WireError): void {
    this.#channel.settle(this, ERROR, JSON.stringify(error), undefined)
  }
}

export class Channel {
  readonly #send: SendFrame
  readonly #handlers: ChannelHandlers
  readonly #outgoing = new CallTable<Outgoing>()
  readonly #incoming = new CallTable<Incoming>()
  #nextId = 1
  #closed: WireError | undefined

  constructor(send: SendFrame, handlers: ChannelHandlers) {
    this.#send = send
    this.#handlers = handlers
  }

  /** Calls that the other side has not fully answered. */
  get pending(): number {
    return this.#outgoing.size
  }

  /** Calls of the other side that this side has not fully answered. */
  get serving(): number {
    return this.#incoming.size
  }

  call(head: string, body: Body, sink: ReplySink, more = false): OutgoingCall {
    const id = this.#nextId
    this.#nextId = id === 0xffffffff ? 1 : id + 1
    if (this.#closed !== undefined) {
      sink.error(this.#closed)
      return new Outgoing(this, id, sink)
    }
    const entry = new Outgoing(this, id, sink)
    if (more) entry.upload = new SendStream(this.#send, id, FROM_CALLER, () => {})
    this.#outgoing.set(id, entry)
    this.#send(CALL | FROM_CALLER | (more ? MORE : 0), id, head, body)
    return entry
  }

  event(head: string, body?: Body): void {
    if (this.#closed === undefined) this.#send(EVENT, 0, head, body)
  }

  /** Handles a frame of the other side. False: a protocol violation; the owner terminates the other side. */
  receive(kind: number, id: number, head: string, body: Uint8Array | undefined): boolean {
    if (this.#closed !== undefined) return true
    const fromCaller = (kind & FROM_CALLER) !== 0
    switch (kind & KIND_MASK) {
      case CALL:
        return this.#receiveCall(id, head, body, (kind & MORE) !== 0)
      case REPLY:
        return this.#receiveReply(id, head, body, (kind & MORE) !== 0)
      case ERROR:
        return fromCaller ? this.#receiveUploadError(id, head) : this.#receiveError(id, head)
      case CANCEL: {
        const entry = this.#incoming.get(id)
        if (entry === undefined) return this.#ignore()
        this.#incoming.delete(id)
        entry.download?.stop()
        entry.stream?.fail(CANCELLED)
        entry.cancelled()
        return true
      }
      case CHUNK:
        return this.#receiveChunk(id, head, body, kind)
      case CREDIT: {
        const stream = fromCaller ? this.#incoming.get(id)?.download : this.#outgoing.get(id)?.upload
        const bytes = Number(head)
        if (!Number.isSafeInteger(bytes) || bytes < 0) return false
        if (stream === undefined || bytes === 0) return this.#ignore()
        stream.credit(bytes)
        return true
      }
      case EVENT:
        this.#handlers.event?.(head, body)
        return true
      default:
        return false
    }
  }

  /** Fails all open calls and streams; later calls fail at once. */
  close(error: WireError): void {
    if (this.#closed !== undefined) return
    this.#closed = error
    const outgoing = this.#outgoing.values()
    const incoming = this.#incoming.values()
    this.#outgoing.clear()
    this.#incoming.clear()
    for (const entry of outgoing) {
      entry.upload?.stop()
      if (entry.download === undefined) entry.sink.error(error)
      else entry.download.fail(error)
    }
    for (const entry of incoming) {
      entry.download?.stop()
      entry.stream?.fail(error)
      entry.cancelled()
    }
  }

  #ignore(): true {
    this.#handlers.ignored?.()
    return true
  }

  /** Settles a call that was made here; does nothing when it has ended. */
  cancel(id: number): void {
    const entry = this.#outgoing.get(id)
    if (entry === undefined) return
    this.#outgoing.delete(id)
    entry.upload?.stop()
    if (this.#closed === undefined) this.#send(CANCEL | FROM_CALLER, id, '', undefined)
    if (entry.download === undefined) entry.sink.error(CANCELLED)
    else entry.download.fail(CANCELLED)
  }

  #receiveCall(id: number, head: string, body: Uint8Array | undefined, more: boolean): boolean {
    if (this.#incoming.has(id)) return false
    const upload = more ? new ReceiveStream(this.#send, id, 0) : undefined
    if (upload !== undefined && body !== undefined && !upload.push(body)) return false
    const call = new Incoming(this, id, head, upload ?? body)
    this.#incoming.set(id, call)
    this.#handlers.call(call)
    return true
  }

  /** Settles a call of the other side; does nothing when it is settled. */
  settle(call: IncomingCall, kind: number, head: string, body: Body): void {
    if (this.#incoming.get(call.id) !== call) return
    this.#incoming.delete(call.id)
    this.#send(kind, call.id, head, body)
  }

  replyStream(call: IncomingCall, head: string): SendStream {
    const { id } = call
    const stream = new SendStream(this.#send, id, 0, () => this.#incoming.delete(id))
    const entry = this.#incoming.get(id)
    if (entry !== call) {
      stream.stop()
      return stream
    }
    entry.download = stream
    this.#send(REPLY | MORE, id, head, undefined)
    return stream
  }

  #receiveReply(id: number, head: string, body: Uint8Array | undefined, more: boolean): boolean {
    const entry = this.#outgoing.get(id)
    if (entry === undefined) return this.#ignore()
    if (entry.download !== undefined) return false
    if (!more) {
      this.#outgoing.delete(id)
      entry.upload?.stop()
      entry.sink.reply(head, body, undefined)
      return true
    }
    const download = new ReceiveStream(this.#send, id, FROM_CALLER)
    entry.download = download
    if (body !== undefined && !download.push(body)) return false
    entry.sink.reply(head, undefined, download)
    return true
  }

  #receiveError(id: number, head: string): boolean {
    const entry = this.#outgoing.get(id)
    if (entry === undefined) return this.#ignore()
    const error = parseWireError(head)
    if (error === undefined) return false
    this.#outgoing.delete(id)
    entry.upload?.stop()
    if (entry.download === undefined) entry.sink.error(error)
    else entry.download.fail(error)
    return true
  }

  #receiveUploadError(id: number, head: string): boolean {
    const error = parseWireError(head)
    if (error === undefined) return false
    const upload = this.#incoming.get(id)?.stream
    if (upload === undefined) return this.#ignore()
    upload.fail(error)
    return true
  }

  /** @param head the text of a chunk that was written as text */
  #receiveChunk(id: number, head: string, body: Uint8Array | undefined, kind: number): boolean {
    const fromCaller = (kind & FROM_CALLER) !== 0
    const more = (kind & MORE) !== 0
    const stream = fromCaller ? this.#incoming.get(id)?.stream : this.#outgoing.get(id)?.download
    // The call may have ended while the chunk was in flight.
    if (stream === undefined) return this.#ignore()
    if (head !== '') return more && body === undefined && stream.push(head)
    if (body !== undefined && !stream.push(body)) return false
    if (more) return body === undefined ? this.#ignore() : true
    if (!fromCaller) {
      this.#outgoing.get(id)?.upload?.stop()
      this.#outgoing.delete(id)
    }
    stream.finish()
    return true
  }
}

export const CANCELLED: WireError = { code: 'CANCELLED', message: 'The caller went away' }

/** Parses the head of an ERROR frame as hostile input: unknown shapes are refused, texts are truncated. */
export function parseWireError(head: string): WireError | undefined {
  let value: unknown
  try {
    value = JSON.parse(head)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { code, message, name, stack, hint } = value as Record<string, unknown>
  if (typeof code !== 'string' || typeof message !== 'string') return undefined
  return {
    code: code.slice(0, 64),
    message: message.slice(0, 4096),
    ...(typeof name === 'string' && { name: name.slice(0, 128) }),
    ...(typeof stack === 'string' && { stack: stack.slice(0, 16_384) }),
    ...(typeof hint === 'string' && { hint: hint.slice(0, 1024) }),
  }
}
