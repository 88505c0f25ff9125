// Passes the outcome of a guest call on, and counts what went wrong. An object per call, not closures: requests are many.

import type { ReplySink } from '../../../sdk/protocol/channel.ts'
import type { ReceiveStream } from '../../../sdk/protocol/streams.ts'
import type { WireError } from '../../../sdk/protocol/wire.ts'
import type { UsageMeter } from '../usage/usage-meter.ts'

/** Counts the errors of a plugin that a visitor gets to see. */
export class CountedSink implements ReplySink {
  readonly #sink: ReplySink
  readonly #meter: UsageMeter

  constructor(sink: ReplySink, meter: UsageMeter) {
    this.#sink = sink
    this.#meter = meter
  }

  reply(head: string, body: Uint8Array | undefined, stream: ReceiveStream | undefined): void {
    this.#sink.reply(head, body, stream)
  }

  error(error: WireError): void {
    if (error.code !== 'CANCELLED') this.#meter.errors++
    this.#sink.error(error)
  }
}
