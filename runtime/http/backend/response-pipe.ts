// Sends the body of a plugin's response to the client, at the pace of the client.
// Invariant: at most `maxBytes` are sent, and neither side may be silent for longer than its limit.

import type { ReceiveStream, StreamSink } from '../../../sdk/protocol/streams.ts'
import type { WireError } from '../../../sdk/protocol/wire.ts'
import type { ResponseSink, ResponseSource } from '../exchange/response-sink.ts'

/** How long the plugin may send nothing. */
const IDLE_MS = 30_000
/** How long the client may leave the buffers full; the server checks its connections more closely. */
const UNREAD_MS = 600_000

/** Notified of the end of a body. */
export interface PipeOwner {
  /** Nothing more is sent. */
  pipeEnded(): void
  /** The rest is not wanted. */
  pipeStopped(): void
  /** The plugin failed before the end of the body. */
  pipeFailed(error: WireError): void
}

interface PipeOptions {
  readonly owner: PipeOwner
  readonly maxBytes: number
}

export class ResponsePipe implements StreamSink, ResponseSource {
  readonly #sink: ResponseSink
  readonly #options: PipeOptions
  #stream: ReceiveStream | undefined
  #total = 0
  #unread = 0
  #timer: NodeJS.Timeout | undefined
  #timerMs = 0

  constructor(sink: ResponseSink, options: PipeOptions) {
    this.#sink = sink
    this.#options = options
  }

  /** Call it once, after the head has been sent. */
  read(stream: ReceiveStream): void {
    this.#stream = stream
    this.#sink.source = this
    this.#expectWithin(IDLE_MS)
    stream.read(this)
  }

  chunk(bytes: Uint8Array): void {
    this.#total += bytes.byteLength
    if (this.#total > this.#options.maxBytes) return this.stop()
    this.#unread += bytes.byteLength
    if (this.#sink.write(bytes)) this.onDrain()
    // Now the plugin waits for the client.
    else this.#expectWithin(UNREAD_MS)
  }

  end(): void {
    this.#done()
    this.#sink.end()
  }

  error(error: WireError): void {
    this.#done()
    this.#options.owner.pipeFailed(error)
    this.#sink.abort()
  }

  onDrain(): void {
    this.#expectWithin(IDLE_MS)
    this.#stream?.consumed(this.#unread)
    this.#unread = 0
  }

  onClose(): void {
    this.#done()
    this.#options.owner.pipeStopped()
  }

  /** Ends both sides. */
  stop(): void {
    this.#done()
    this.#options.owner.pipeStopped()
    this.#sink.abort()
  }

  #expectWithin(ms: number): void {
    if (ms === this.#timerMs) return void this.#timer?.refresh()
    clearTimeout(this.#timer)
    this.#timerMs = ms
    this.#timer = setTimeout(() => this.stop(), ms)
  }

  #done(): void {
    clearTimeout(this.#timer)
    this.#options.owner.pipeEnded()
  }
}
