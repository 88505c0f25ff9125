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
  write(chunk: Uint8Array, extra = 0): boolean {
    if (!this.#open) return false
    this.#window -= costOf(chunk) + extra
    this.#send(CHUNK | MORE | this.#flags, this.#id, '', chunk)
    const isWritable = this.#window > 0
    this.#observer?.sent(chunk.byteLength, isWritable)
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
  #queue: Uint8Array[] = []
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
    for (const { byteLength } of this.#queue) observer.received(byteLength)
    if (this.#ended) observer.receivedAll()
  }

  read(sink: StreamSink): void {
    this.#sink = sink
    for (const chunk of this.#queue.splice(0)) sink.chunk(chunk)
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
    for (let [size] = this.#sizes; size !== undefined && this.#progress >= size; [size] = this.#sizes) {
      this.#sizes.shift()
      this.#progress -= size
      this.#consumed += CHUNK_COST
    }
    if (this.#ended || this.#consumed < STREAM_WINDOW / 4) return
    this.#unacknowledged -= this.#consumed
    this.#send(CREDIT | this.#flags, this.#id, String(this.#consumed), undefined)
    this.#consumed = 0
  }

  /** False when the sender exceeded the window: a violation. */
  push(chunk: Uint8Array): boolean {
    this.#unacknowledged += costOf(chunk)
    if (chunk.byteLength > 0) this.#sizes.push(chunk.byteLength)
    if (this.#unacknowledged > 8 * STREAM_WINDOW) return false
    this.#observer?.received(chunk.byteLength)
    if (this.#sink === undefined) this.#queue.push(chunk)
    else this.#sink.chunk(chunk)
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
function costOf({ byteLength }: Uint8Array): number {
  return byteLength === 0 ? 0 : byteLength + CHUNK_COST
}
