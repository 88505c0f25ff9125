// Streams of files of env.files: read when they are asked for. An untouched one goes from the disk to the visitor.
// Invariant: what a stream stands for is known to our own code only: a plugin cannot make one.

import type { WireFileBody } from '../../../../../sdk/protocol/bucket-wire.ts'
import { CallSite } from '../base/call-site.ts'
import { weakMapGet, weakMapSet } from '../base/primordials.ts'
import { isDisturbed, streams } from '../streams/streams.ts'

interface Reader {
  read(): Promise<{ readonly value?: Uint8Array }>
  cancel(reason: unknown): Promise<void>
}

const files = new WeakMap<object, WireFileBody>()

/** @param open begins to read; called once, at the first read */
export function fileStream(
  body: WireFileBody,
  open: () => Promise<ReadableStream<Uint8Array> | undefined>,
): ReadableStream<Uint8Array> {
  const { ReadableStream } = streams()
  // The stream begins to read later, when no line of the plugin is on the stack.
  const site = new CallSite()
  let reader: Promise<Reader | undefined> | undefined
  const opened = () =>
    (reader ??= open().then((source) => source?.getReader() as unknown as Reader | undefined))
  const stream = new ReadableStream(
    {
      async pull(controller) {
        const source = await site.marking(opened())
        const chunk = source === undefined ? undefined : await site.marking(source.read())
        if (chunk?.value === undefined) controller.close()
        else controller.enqueue(chunk.value)
      },
      async cancel(reason) {
        if (reader !== undefined) await (await reader)?.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  ) as ReadableStream<Uint8Array>
  weakMapSet(files, stream, body)
  return stream
}

/** The file of an untouched stream made by fileStream(). */
export function untouchedFile(stream: ReadableStream | undefined): WireFileBody | undefined {
  if (stream === undefined) return undefined
  const file = weakMapGet(files, stream)
  return file === undefined || stream.locked || isDisturbed(stream as never) ? undefined : file
}
