// An answer as plain data, for pages, assets and reserved paths. Backends write to the sink directly.

import type { Bytes } from '../../package/artifact.ts'
import { ByteSource, PIECE_BYTES } from '../../package/byte-source.ts'
import type { Refusal, ResponseSink, ResponseSource } from './response-sink.ts'

export interface Answer {
  readonly status: number
  /** Flat (see headers.ts); without the content-length of a whole body, which the sink adds. */
  readonly headers: string[]
  /** null for HEAD, 204 and 304. */
  readonly body: string | Bytes | ByteSource | ReadableStream<Bytes> | null
  /** Of an answer in place of the plugin. */
  readonly refusal?: Refusal | undefined
}

/** Sends it whole, or as fast as the client reads. */
export function sendAnswer({ status, headers, body, refusal }: Answer, sink: ResponseSink): void {
  if (refusal !== undefined) sink.arrival?.isRefused(refusal, status)
  if (body === null || typeof body === 'string' || body instanceof Uint8Array)
    return sink.answer(status, headers, body ?? undefined)
  const source = body instanceof ByteSource ? new SourcePieces(body) : new StreamPieces(body)
  if (sink.isClosed) {
    // The pump would wait for ever, with the file open.
    source.cancel()
    return sink.answer(status, headers, undefined)
  }
  sink.start(status, headers)
  void new Pump(source, sink).run()
}

/** What a pump takes from. */
interface Pieces {
  /** @param memory of the piece before, when nothing uses it any longer */
  next(memory: Bytes | undefined): Promise<Bytes | undefined>
  cancel(): void
}

class SourcePieces implements Pieces {
  readonly #source: ByteSource

  constructor(source: ByteSource) {
    this.#source = source
  }

  async next(memory: Bytes | undefined): Promise<Bytes | undefined> {
    const whole = memory === undefined ? new Uint8Array(PIECE_BYTES) : new Uint8Array(memory.buffer)
    const length = await this.#source.read(whole)
    return length === 0 ? undefined : whole.subarray(0, length)
  }

  cancel(): void {
    this.#source.cancel()
  }
}

class StreamPieces implements Pieces {
  readonly #reader: ReadableStreamDefaultReader<Bytes>

  constructor(stream: ReadableStream<Bytes>) {
    this.#reader = stream.getReader()
  }

  async next(): Promise<Bytes | undefined> {
    return (await this.#reader.read()).value
  }

  cancel(): void {
    this.#reader.cancel().catch(() => undefined)
  }
}

class Pump implements ResponseSource {
  readonly #pieces: Pieces
  readonly #sink: ResponseSink
  #wake: (() => void) | undefined
  #isLeft = false

  constructor(pieces: Pieces, sink: ResponseSink) {
    this.#pieces = pieces
    this.#sink = sink
    sink.source = this
  }

  async run(): Promise<void> {
    const sink = this.#sink
    try {
      for (let memory: Bytes | undefined; ; ) {
        const piece = await this.#pieces.next(memory)
        if (piece === undefined) return sink.end()
        const mayGoOn = sink.write(piece)
        if (!mayGoOn) await this.#drained()
        if (this.#isLeft) return
        memory = !mayGoOn && sink.returnsMemory ? piece : undefined
      }
    } catch {
      // The file could not be read to its end: the visitor must see a broken response, not a short one.
      sink.abort()
    } finally {
      this.#pieces.cancel()
    }
  }

  onDrain(): void {
    this.#wake?.()
  }

  onClose(): void {
    this.#isLeft = true
    this.#wake?.()
    this.#pieces.cancel()
  }

  #drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#wake = resolve
    return promise
  }
}
