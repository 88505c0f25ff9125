// Sends the answer of a page, an asset or an own path through a sink: whole, or at the pace of the reader.

import type { PageAnswer } from '../pages/page-answer.ts'
import type { ResponseSink } from './types.ts'

/** `security` are flat headers that come before the answer's own. */
export function sendPage(answer: PageAnswer, sink: ResponseSink, security: readonly string[] = []): void {
  const { status, body } = answer
  const streams = body instanceof ReadableStream
  // The sink of a whole body counts its bytes itself.
  const headers = [
    ...security,
    ...Object.entries(answer.headers)
      .filter(([name]) => name !== 'content-length' || streams || body === null)
      .flat(),
  ]
  if (!streams) return sink.answer(status, headers, body ?? undefined)
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
    // The file could not be read to its end: the visitor must see a broken answer, not a short one.
    sink.abort()
  }
}
