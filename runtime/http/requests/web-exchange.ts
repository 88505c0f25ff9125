// A plugin request on web objects: what the embeddable app uses, so that it gives the same answers as the server's short path.

import type { PluginRequest, RequestBody, ResponseSink } from './types.ts'

export function requestFromWeb(request: Request, target: string, peer: string | undefined): PluginRequest {
  return { method: request.method, target, headers: [...request.headers].flat(), body: bodyOf(request), peer }
}

/** Calls `handle` with a sink, and resolves with the answer. */
export function answerWeb(request: Request, handle: (sink: ResponseSink) => void): Promise<Response> {
  const { promise, resolve } = Promise.withResolvers<Response>()
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined
  let ended = false
  const sink: ResponseSink = {
    onDrain: undefined,
    onClose: undefined,
    answer(status, headers, body) {
      ended = true
      resolve(new Response((body ?? null) as BodyInit | null, { status, headers: pairs(headers) }))
    },
    start(status, headers) {
      const stream = new ReadableStream<Uint8Array>(
        {
          start(made) {
            controller = made
          },
          pull: () => sink.onDrain?.(),
          cancel() {
            ended = true
            sink.onClose?.()
          },
        },
        new ByteLengthQueuingStrategy({ highWaterMark: 256 * 1024 }),
      )
      resolve(new Response(stream, { status, headers: pairs(headers) }))
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
    if (!ended) sink.onClose?.()
  })
  handle(sink)
  return promise
}

function bodyOf(request: Request): RequestBody | undefined {
  const { body } = request
  if (body === null) return undefined
  const length = request.headers.get('content-length')
  let resume: (() => void) | undefined
  return {
    length: length === null ? undefined : Number(length),
    read(sink) {
      const reader = body.getReader()
      const step = async (): Promise<void> => {
        for (;;) {
          const { done, value } = await reader.read()
          if (done) return sink.end()
          if (sink.chunk(value)) continue
          const { promise, resolve } = Promise.withResolvers<void>()
          resume = resolve
          await promise
        }
      }
      step().catch(() => sink.error())
    },
    resume: () => resume?.(),
  }
}

function pairs(flat: readonly string[]): [string, string][] {
  const list: [string, string][] = []
  for (let index = 0; index + 1 < flat.length; index += 2)
    list.push([flat[index] as string, flat[index + 1] as string])
  return list
}
