// Sends the body of a plugin's response to the client, at the pace of the client.
// Invariant: at most `maxBytes` are sent, never more or fewer than a length that was named, and neither side may be silent for
// longer than its limit.

import type { ReceiveStream, StreamSink } from '../../../sdk/protocol/streams.ts'
import type { WireError } from '../../../sdk/protocol/wire.ts'
import type { ResponseSink, ResponseSource } from '../exchange/response-sink.ts'

/** How long the plugin may send nothing. */
const IDLE_MS = 30_000
/** How long the client may leave the buffers full; the server checks its connections more closely. */
const UNREAD_MS = 600_000

/** Why a body was broken off because of its plugin. */
export type PipeCut = 'idle' | 'large' | 'length'

/** Notified of the end of a body. */
export interface PipeOwner {
  /** Nothing more is sent. */
  pipeEnded(): void
  /** The rest is not wanted. */
  pipeStopped(): void
  /** Before pipeStopped(): it is the plugin's fault. */
  pipeCut(cut: PipeCut): void
  /** The plugin failed before the end of the body. */
  pipeFailed(error: WireError): void
}

interface PipeOptions {
  readonly owner: PipeOwner
  readonly maxBytes: number
  /** What Content-Length says; undefined without one. */
  readonly length: number | undefined
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
    if (this.#total > this.#options.maxBytes) return this.#cut('large')
    // One byte more would be read as the next answer of the connection.
    if (this.#total > (this.#options.length ?? this.#total)) return this.#cut('length')
    this.#unread += bytes.byteLength
    if (this.#sink.write(bytes)) this.onDrain()
    // Now the plugin waits for the client.
    else this.#expectWithin(UNREAD_MS)
  }

  end(): void {
    if (this.#total < (this.#options.length ?? 0)) return this.#cut('length')
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

  #cut(cut: PipeCut): void {
    this.#options.owner.pipeCut(cut)
    this.stop()
  }

  #expectWithin(ms: number): void {
    if (ms === this.#timerMs) return void this.#timer?.refresh()
    clearTimeout(this.#timer)
    this.#timerMs = ms
    this.#timer = setTimeout(() => (ms === IDLE_MS ? this.#cut('idle') : this.stop()), ms)
  }

  #done(): void {
    clearTimeout(this.#timer)
    this.#options.owner.pipeEnded()
  }
}
