// TextEncoderStream and TextDecoderStream: transform streams around the encoders.

import { defineInterface, isBufferSource, toText } from '../base/webidl.ts'
import { TextDecoder } from '../text/encoding.ts'
import { encodeUtf8 } from '../text/utf8.ts'
import { streams } from './streams.ts'

interface Pair {
  readonly readable: object
  readonly writable: object
}

function transform(step: (chunk: unknown) => unknown, end: () => unknown): Pair {
  const { TransformStream } = streams()
  return new TransformStream<unknown, unknown>({
    transform(chunk, controller) {
      const out = step(chunk)
      if (out !== undefined) controller.enqueue(out)
    },
    flush(controller) {
      const out = end()
      if (out !== undefined) controller.enqueue(out)
    },
  })
}

export class TextEncoderStream {
  readonly #pair: Pair
  #high = ''

  constructor() {
    this.#pair = transform(
      (chunk) => this.#encode(toText(chunk)),
      () => (this.#high === '' ? undefined : encodeUtf8('\ufffd')),
    )
  }

  /** A high surrogate at the end waits for its other half in the next chunk. */
  #encode(chunk: string): Uint8Array | undefined {
    const text = this.#high + chunk
    const last = text.charCodeAt(text.length - 1)
    const split = (last & 0xfc00) === 0xd800 ? text.length - 1 : text.length
    this.#high = text.slice(split)
    return split === 0 ? undefined : encodeUtf8(text.slice(0, split))
  }

  get encoding(): string {
    void this.#pair
    return 'utf-8'
  }
  get readable(): object {
    return this.#pair.readable
  }
  get writable(): object {
    return this.#pair.writable
  }
}
defineInterface(TextEncoderStream, 'TextEncoderStream')

export class TextDecoderStream {
  readonly #decoder: TextDecoder
  readonly #pair: Pair

  constructor(label: unknown = 'utf-8', options?: unknown) {
    const decoder = new TextDecoder(label, options)
    this.#decoder = decoder
    this.#pair = transform(
      (chunk) => {
        if (!isBufferSource(chunk)) throw new TypeError('A chunk is not an ArrayBuffer or a view of one')
        return decoder.decode(chunk, { stream: true }) || undefined
      },
      () => decoder.decode() || undefined,
    )
  }

  get encoding(): string {
    return this.#decoder.encoding
  }
  get fatal(): boolean {
    return this.#decoder.fatal
  }
  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM
  }
  get readable(): object {
    return this.#pair.readable
  }
  get writable(): object {
    return this.#pair.writable
  }
}
defineInterface(TextDecoderStream, 'TextDecoderStream')
