// A plugin request on web objects: used by the embeddable app, with the same responses as the server's short path.

import type { PluginRequest, RequestBody } from './exchange.ts'
import { headerPairs } from './headers.ts'
import type { ResponseSink } from './response-sink.ts'

const PIECE_BYTES = 64 * 1024

/** Facts of a request that are known already. */
export type WebFacts = Pick<PluginRequest, 'url' | 'target' | 'peer'>

export function requestFromWeb(request: Request, { url, target, peer }: WebFacts): PluginRequest {
  const headers = [...request.headers].flat()
  return { method: request.method, url, target, headers, body: bodyOf(request), peer }
}

/** Calls `handle` with a sink, and resolves with the response. */
export function answerWeb(request: Request, handle: (sink: ResponseSink) => void): Promise<Response> {
  const { promise, resolve } = Promise.withResolvers<Response>()
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let ended = false
  const sink: ResponseSink = {
    source: undefined,
    answer(status, headers, body) {
      ended = true
      resolve(new Response((body ?? null) as BodyInit | null, { status, headers: headerPairs(headers) }))
    },
    start(status, headers) {
      const stream = new ReadableStream<Uint8Array>(
        {
          start(made) {
            controller = made
          },
          pull: () => sink.source?.onDrain(),
          cancel() {
            ended = true
            sink.source?.onClose()
          },
        },
        new ByteLengthQueuingStrategy({ highWaterMark: 256 * 1024 }),
      )
      resolve(new Response(stream, { status, headers: headerPairs(headers) }))
    },
    write(bytes) {
      if (ended) return false
      controller?.enqueue(bytes)
      return (controller?.desiredSize ?? 0) > 0
    },
    end() {
      if (!ended) controller?.close()
      ended = true
    },
    abort() {
      if (!ended) controller?.error(new Error('The plugin broke its answer off'))
      ended = true
    },
  }
  request.signal.addEventListener('abort', () => {
    if (!ended) sink.source?.onClose()
  })
  handle(sink)
  return promise
}

function bodyOf(request: Request): RequestBody | undefined {
  const { body } = request
  if (body === null) return undefined
  const length = request.headers.get('content-length')
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  let resume: (() => void) | undefined
  let discarded = false
  return {
    length: length === null ? undefined : Number(length),
    read(sink) {
      const source = body.getReader()
      reader = source
      const step = async (): Promise<void> => {
        for (;;) {
          const { done, value } = await source.read()
          if (done) return discarded ? undefined : sink.end()
          // A stream made of memory delivers it in one piece: the other side takes a window at a time.
          for (let start = 0; start < value.byteLength && !discarded; start += PIECE_BYTES) {
            if (sink.chunk(value.subarray(start, start + PIECE_BYTES))) continue
            const { promise, resolve } = Promise.withResolvers<void>()
            resume = resolve
            await promise
          }
        }
      }
      step().catch(() => sink.error())
    },
    resume: () => resume?.(),
    discard() {
      discarded = true
      resume?.()
      // The sender is notified; a failure of that changes nothing here.
      reader?.cancel().catch(() => undefined)
    },
  }
}
