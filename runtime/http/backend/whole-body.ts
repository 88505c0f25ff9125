// The body of a request that travels with its head: read to its end first.
// A class, and no functions in an object: see "Nothing of a request survives" in docs/performance.md.

import type { BodySink } from '../exchange/exchange.ts'

/** Receives the outcome. */
export interface WholeBodyReader {
  wholeBody(bytes: Uint8Array): void
  bodyFailed(): void
}

export class WholeBody implements BodySink {
  readonly #bytes: Uint8Array
  readonly #reader: WholeBodyReader
  #filled = 0

  /** @param length from Content-Length */
  constructor(length: number, reader: WholeBodyReader) {
    this.#bytes = new Uint8Array(length)
    this.#reader = reader
  }

  chunk(bytes: Uint8Array): boolean {
    const left = this.#bytes.byteLength - this.#filled
    // Node has checked the length; a listener that has not must not overflow the buffer.
    const taken = bytes.byteLength <= left ? bytes : bytes.subarray(0, left)
    this.#bytes.set(taken, this.#filled)
    this.#filled += taken.byteLength
    return true
  }

  end(): void {
    this.#reader.wholeBody(this.#bytes.subarray(0, this.#filled))
  }

  error(): void {
    this.#reader.bodyFailed()
  }
}
