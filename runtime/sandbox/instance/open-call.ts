// A guest call under way: what its owner holds, and where its outcome goes. An object per call, not closures: calls are many.
// Invariant: the sink hears the outcome once, also when the instance has ended meanwhile.

import type { OutgoingCall, ReplySink } from '../../../sdk/protocol/channel.ts'
import type { ReceiveStream, SendStream } from '../../../sdk/protocol/streams.ts'
import type { WireError } from '../../../sdk/protocol/wire.ts'
import type { UsageMeter } from '../usage/usage-meter.ts'
import type { CallCharge } from './cpu-budget.ts'
import type { Instance } from './instance.ts'

export class OpenCall implements CallCharge, ReplySink, OutgoingCall {
  /** Infinite once the head of the reply has come. */
  deadline: number
  isStreaming = false
  cpuAt = -1
  rivals = 0
  startedAt = 0
  call: OutgoingCall | undefined = undefined
  readonly deadlineMs: number
  readonly sink: ReplySink
  readonly #instance: Instance
  readonly #key: number

  constructor(
    instance: Instance,
    key: number,
    sink: ReplySink,
    time: { readonly now: number; readonly deadlineMs: number },
  ) {
    this.#instance = instance
    this.#key = key
    this.sink = sink
    this.deadline = time.now + time.deadlineMs
    this.deadlineMs = time.deadlineMs
  }

  get id(): number {
    return this.call?.id ?? 0
  }

  get body(): SendStream | undefined {
    return this.call?.body
  }

  cancel(): void {
    this.call?.cancel()
    // A reply whose stream nobody reads has no other end.
    if (this.isStreaming) this.#instance.close(this.#key)
  }

  reply(head: string, body: Uint8Array | undefined, stream: ReceiveStream | undefined): void {
    const { meter } = this.#instance.spec
    if (stream === undefined) {
      if (!this.#instance.close(this.#key)) return
      if (body !== undefined) meter.bytesOut += body.byteLength
      return this.sink.reply(head, body, undefined)
    }
    if (!this.#instance.isOpen(this.#key)) return
    if (body !== undefined) meter.bytesOut += body.byteLength
    // The call stays open while its body streams; the deadline is met.
    this.deadline = Number.POSITIVE_INFINITY
    this.isStreaming = true
    this.sink.reply(
      head,
      body,
      withEnd(stream, meter, () => void this.#instance.close(this.#key)),
    )
  }

  error(error: WireError): void {
    if (this.#instance.close(this.#key)) this.sink.error(error)
  }
}

export function countUpload(stream: SendStream, meter: UsageMeter): void {
  const write = stream.write.bind(stream)
  stream.write = (chunk, extra) => {
    meter.bytesIn += chunk.byteLength
    return write(chunk, extra)
  }
}

/** Counts what a reply's stream carries, and tells when it has been read to its end or failed. */
function withEnd(stream: ReceiveStream, meter: UsageMeter, done: () => void): ReceiveStream {
  const read = stream.read.bind(stream)
  stream.read = (sink) =>
    read({
      chunk(bytes) {
        meter.bytesOut += bytes.byteLength
        sink.chunk(bytes)
      },
      end() {
        done()
        sink.end()
      },
      error(error) {
        done()
        sink.error(error)
      },
    })
  return stream
}
