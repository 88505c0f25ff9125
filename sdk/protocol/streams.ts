// The two ends of one body that crosses the wall in chunks, with credit: the reader grants what may be sent.
// Invariant: at most STREAM_WINDOW bytes are in flight, so neither side buffers without bound.

import {
  CHUNK,
  CHUNK_COST,
  CREDIT,
  ERROR,
  MORE,
  type SendFrame,
  STREAM_WINDOW,
  type WireError,
} from './wire.ts'

/**
 * Bytes; or a text, which crosses into an isolate as it is, where bytes are copied and decoded. A text takes its length in characters of
 * the window, is not empty, and has MAX_TEXT characters at most.
 */
export type Chunk = Uint8Array | string

/** With three bytes each they fit into the head of a frame. */
export const MAX_TEXT = 256 * 1024

/** Observes a sending end, to count its bytes or to hold the other side to a deadline. */
export interface SendObserver {
  /** @param isWritable whether more may be written now */
  sent(bytes: number, isWritable: boolean): void
  /** The reader granted more. */
  granted(isWritable: boolean): void
  sentAll(): void
}

/** The sending end. `flags` is FROM_CALLER when this side made the call that the stream belongs to. */
export class SendStream {
  /** Called when the window opens again after `write` returned false. */
  onReady: (() => void) | undefined
  /** Called when the other side does not want the rest. */
  onStop: (() => void) | undefined
  readonly #send: SendFrame
  readonly #id: number
  readonly #flags: number
  readonly #onDone: () => void
  #observer: SendObserver | undefined
  #window = STREAM_WINDOW
  #open = true

  constructor(send: SendFrame, id: number, flags: number, onDone: () => void) {
    this.#send = send
    this.#id = id
    this.#flags = flags
    this.#onDone = onDone
  }

  get writable(): boolean {
    return this.#open && this.#window > 0
  }

  observe(observer: SendObserver): void {
    this.#observer = observer
  }

  /**
   * Sends a chunk; false means: wait for `onReady`.
   * @param extra what the chunk takes of the window in addition to its bytes; the reader charges and consumes the same
   */
  write(chunk: Chunk, extra = 0): boolean {
    if (!this.#open) return false
    this.#window -= costOf(chunk) + extra
    if (typeof chunk === 'string') this.#send(CHUNK | MORE | this.#flags, this.#id, chunk, undefined)
    else this.#send(CHUNK | MORE | this.#flags, this.#id, '', chunk)
    const isWritable = this.#window > 0
    this.#observer?.sent(lengthOf(chunk), isWritable)
    return isWritable
  }

  end(): void {
    if (!this.#open) return
    this.#open = false
    this.#send(CHUNK | this.#flags, this.#id, '', undefined)
    this.#observer?.sentAll()
    this.#onDone()
  }

  abort(error: WireError): void {
    if (!this.#open) return
    this.#open = false
    this.#send(ERROR | this.#flags, this.#id, JSON.stringify(error), undefined)
    this.#onDone()
  }

  /** The other side granted more. */
  credit(bytes: number): void {
    const wasClosed = this.#window <= 0
    // Never more than the initial window: a reader that grants without reading would make this side buffer everything.
    this.#window = Math.min(STREAM_WINDOW, this.#window + bytes)
    if (wasClosed && this.#window > 0) this.onReady?.()
    this.#observer?.granted(this.writable)
  }

  /** The call ended: nothing more is sent. */
  stop(): void {
    if (!this.#open) return
    this.#open = false
    this.onStop?.()
  }
}

export interface StreamSink {
  chunk(bytes: Uint8Array): void
  /** Without this the stream is one of bytes, and a text in it a violation. */
  text?(text: string): void
  end(): void
  error(error: WireError): void
}

/** Observes a reading end, whether or not its sink is set. */
export interface ReceiveObserver {
  received(bytes: number): void
  /** No more chunks: the stream has ended or failed. */
  receivedAll(): void
}

/** The reading end: buffers chunks until a sink is set, and grants credit as they are consumed. */
export class ReceiveStream {
  readonly #send: SendFrame
  readonly #id: number
  readonly #flags: number
  #sink: StreamSink | undefined
  #observer: ReceiveObserver | undefined
  #queue: Chunk[] = []
  /** Sizes of the unconsumed chunks, oldest first. */
  readonly #sizes: number[] = []
  /** Consumed bytes of the oldest chunk. */
  #progress = 0
  #unacknowledged = 0
  #consumed = 0
  #ended = false
  #error: WireError | undefined

  constructor(send: SendFrame, id: number, flags: number) {
    this.#send = send
    this.#id = id
    this.#flags = flags
  }

  /** The observer is called at once for chunks that have already arrived. */
  observe(observer: ReceiveObserver): void {
    this.#observer = observer
    for (const chunk of this.#queue) observer.received(lengthOf(chunk))
    if (this.#ended) observer.receivedAll()
  }

  read(sink: StreamSink): void {
    this.#sink = sink
    for (const chunk of this.#queue.splice(0)) if (!passTo(sink, chunk)) this.#error ??= NOT_BYTES
    if (this.#error !== undefined) sink.error(this.#error)
    else if (this.#ended) sink.end()
  }

  /** Adds what the sender took of the window in addition to the bytes of the last chunk. Call before it is consumed. */
  charge(extra: number): void {
    this.#unacknowledged += extra
    const last = this.#sizes.length - 1
    if (last >= 0) this.#sizes[last] = (this.#sizes[last] ?? 0) + extra
  }

  /** The consumer has finished with so many bytes. */
  consumed(bytes: number): void {
    this.#consumed += bytes
    this.#progress += bytes
    let size = this.#sizes[0]
    while (size !== undefined && this.#progress >= size) {
      this.#sizes.shift()
      this.#progress -= size
      this.#consumed += CHUNK_COST
      size = this.#sizes[0]
    }
    if (this.#ended || this.#consumed < STREAM_WINDOW / 4) return
    this.#unacknowledged -= this.#consumed
    this.#send(CREDIT | this.#flags, this.#id, String(this.#consumed), undefined)
    this.#consumed = 0
  }

  /** False when the sender exceeded the window, or sent a text that is too long or not expected: a violation. */
  push(chunk: Chunk): boolean {
    const length = lengthOf(chunk)
    this.#unacknowledged += costOf(chunk)
    if (length > 0) this.#sizes.push(length)
    if (this.#unacknowledged > 8 * STREAM_WINDOW) return false
    if (typeof chunk === 'string' && length > MAX_TEXT) return false
    this.#observer?.received(length)
    if (this.#sink !== undefined) return passTo(this.#sink, chunk)
    this.#queue.push(chunk)
    return true
  }

  finish(): void {
    if (this.#ended) return
    this.#ended = true
    this.#observer?.receivedAll()
    this.#sink?.end()
  }

  fail(error: WireError): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#observer?.receivedAll()
    this.#sink?.error(error)
  }
}

/** An empty chunk is a frame without a body, which readers do not count. */
function costOf(chunk: Chunk): number {
  const length = lengthOf(chunk)
  return length === 0 ? 0 : length + CHUNK_COST
}

function lengthOf(chunk: Chunk): number {
  return typeof chunk === 'string' ? chunk.length : chunk.byteLength
}

/** False for a text in a stream of bytes. */
function passTo(sink: StreamSink, chunk: Chunk): boolean {
  if (typeof chunk !== 'string') sink.chunk(chunk)
  else if (sink.text === undefined) return false
  else sink.text(chunk)
  return true
}

const NOT_BYTES: WireError = { code: 'CANCELLED', message: 'A text came in a stream of bytes' }
