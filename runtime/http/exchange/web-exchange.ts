// A plugin request on web objects: used by the embeddable app, with the same responses as the server's short path.

import type { BodySink, PluginRequest, RequestBody } from './exchange.ts'
import { headerPairs } from './headers.ts'
import type { Arrival, Hold, ResponseSink, ResponseSource } from './response-sink.ts'

const PIECE_BYTES = 64 * 1024

/** Facts of a request that are known already. */
export type WebFacts = Pick<PluginRequest, 'url' | 'target'>

export function requestFromWeb(request: Request, { url, target }: WebFacts): PluginRequest {
  const headers = [...request.headers].flat()
  return { method: request.method, url, target, headers, body: bodyOf(request) }
}

/** Calls `handle` with a sink, and resolves with the response. */
export function answerWeb(request: Request, handle: (sink: ResponseSink) => void): Promise<Response> {
  const { promise, resolve } = Promise.withResolvers<Response>()
  const sink = new WebSink(resolve)
  request.signal.addEventListener('abort', () => sink.leave())
  handle(sink)
  return promise
}

class WebSink implements ResponseSink {
  readonly returnsMemory = false
  source: ResponseSource | undefined = undefined
  hold: Hold | undefined = undefined
  arrival: Arrival | undefined = undefined
  readonly #resolve: (response: Response) => void
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined
  #hasEnded = false

  constructor(resolve: (response: Response) => void) {
    this.#resolve = resolve
  }

  answer(status: number, headers: string[], body: Uint8Array | string | undefined): void {
    this.#finish()
    this.#resolve(new Response((body ?? null) as BodyInit | null, { status, headers: headerPairs(headers) }))
  }

  start(status: number, headers: string[]): void {
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        pull: () => this.source?.onDrain(),
        cancel: () => this.leave(),
      },
      new ByteLengthQueuingStrategy({ highWaterMark: 256 * 1024 }),
    )
    this.#resolve(new Response(stream, { status, headers: headerPairs(headers) }))
  }

  write(bytes: Uint8Array): boolean {
    if (this.#hasEnded) return false
    this.#controller?.enqueue(bytes)
    return (this.#controller?.desiredSize ?? 0) > 0
  }

  end(): void {
    if (!this.#hasEnded) this.#controller?.close()
    this.#finish()
  }

  abort(): void {
    if (!this.#hasEnded) this.#controller?.error(new Error('The plugin broke its answer off'))
    this.#finish()
  }

  /** The client has gone. */
  leave(): void {
    if (this.#hasEnded) return
    this.#finish()
    this.source?.onClose()
  }

  get isClosed(): boolean {
    return this.#hasEnded
  }

  /** What is still to be sent is with the embedding application's server. */
  #finish(): void {
    this.#hasEnded = true
    this.hold?.release()
  }
}

function bodyOf(request: Request): RequestBody | undefined {
  const { body } = request
  if (body === null) return undefined
  const length = request.headers.get('content-length')
  return new WebBody(body, length === null ? undefined : Number(length))
}

class WebBody implements RequestBody {
  readonly length: number | undefined
  readonly #stream: ReadableStream<Uint8Array>
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #resume: (() => void) | undefined
  #isDiscarded = false

  constructor(stream: ReadableStream<Uint8Array>, length: number | undefined) {
    this.#stream = stream
    this.length = length
  }

  read(sink: BodySink): void {
    this.#reader = this.#stream.getReader()
    this.#pump(this.#reader, sink).catch(() => sink.error())
  }

  resume(): void {
    this.#resume?.()
  }

  discard(): void {
    this.#isDiscarded = true
    this.#resume?.()
    // The sender is notified; a failure of that changes nothing here.
    this.#reader?.cancel().catch(() => undefined)
  }

  async #pump(reader: ReadableStreamDefaultReader<Uint8Array>, sink: BodySink): Promise<void> {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return this.#isDiscarded ? undefined : sink.end()
      // A stream made of memory delivers it in one piece: the other side takes a window at a time.
      for (let start = 0; start < value.byteLength && !this.#isDiscarded; start += PIECE_BYTES) {
        if (sink.chunk(value.subarray(start, start + PIECE_BYTES))) continue
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#resume = resolve
        await promise
      }
    }
  }
}
