// An answer as plain data, for pages, assets and reserved paths. Backends write to the sink directly.

import type { Bytes } from '../../package/artifact.ts'
import type { ResponseSink } from './response-sink.ts'

export interface Answer {
  readonly status: number
  /** Flat (see headers.ts); without the content-length of a whole body, which the sink adds. */
  readonly headers: string[]
  /** null for HEAD, 204 and 304. */
  readonly body: string | Bytes | ReadableStream<Bytes> | null
}

/** Sends it whole, or as fast as the client reads. */
export function sendAnswer({ status, headers, body }: Answer, sink: ResponseSink): void {
  if (!(body instanceof ReadableStream)) return sink.answer(status, headers, body ?? undefined)
  sink.start(status, headers)
  void pump(body, sink)
}

async function pump(body: ReadableStream<Uint8Array>, sink: ResponseSink): Promise<void> {
  const reader = body.getReader()
  let drained: (() => void) | undefined
  sink.source = {
    onDrain: () => drained?.(),
    onClose() {
      drained?.()
      void reader.cancel().catch(() => undefined)
    },
  }
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return sink.end()
      if (sink.write(value)) continue
      const { promise, resolve } = Promise.withResolvers<void>()
      drained = resolve
      await promise
    }
  } catch {
    // The file could not be read to its end: the visitor must see a broken response, not a short one.
    sink.abort()
  }
}
