// The body of an answer that is read from the disk while it is sent.

import { PlugbayError } from '../../errors.ts'
import type { Unsubscribe } from '../../lifecycle/plugins.ts'
import type { RouteInput } from './route.ts'

export interface StreamedContent {
  /** To be iterated once. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Releases what is not read to its end. Idempotent. */
  close(): Promise<void>
}

/** As fast as the client reads, and no longer than its credential lasts. */
export function streamedBody(
  content: StreamedContent,
  onEnded: RouteInput['onEnded'],
): ReadableStream<Uint8Array> {
  const chunks = content.chunks[Symbol.asyncIterator]()
  let stop: Unsubscribe = () => undefined
  let isOver = false
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stop = onEnded(() => {
          isOver = true
          controller.error(new PlugbayError('UNAUTHENTICATED'))
          void content.close()
        })
      },
      async pull(controller) {
        const { done, value } = await chunks.next()
        if (isOver) return
        if (done !== true) return controller.enqueue(value)
        stop()
        controller.close()
      },
      async cancel() {
        stop()
        await content.close()
      },
    },
    { highWaterMark: 0 },
  )
}
