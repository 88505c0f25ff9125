// Sends the body of a request to the plugin, at the pace of the plugin. Invariant: at most `maxBytes` are sent.
// A class, and no functions in an object: see "Nothing of a request survives" in docs/performance.md.

import type { SendStream } from '../../../sdk/protocol/streams.ts'
import type { BodySink, RequestBody } from '../exchange/exchange.ts'

/** Notified of what ends a body early. */
export interface UploadOwner {
  bodyTooLarge(): void
  bodyFailed(): void
}

export class UploadPipe implements BodySink {
  readonly #upload: SendStream
  readonly #owner: UploadOwner
  #left: number

  constructor(body: RequestBody, upload: SendStream, to: { owner: UploadOwner; maxBytes: number }) {
    this.#upload = upload
    this.#owner = to.owner
    this.#left = to.maxBytes
    const resume = () => body.resume()
    const discard = () => body.discard()
    upload.onReady = resume
    upload.onStop = discard
    body.read(this)
  }

  chunk(bytes: Uint8Array): boolean {
    this.#left -= bytes.byteLength
    if (this.#left >= 0) return this.#upload.write(bytes)
    this.#owner.bodyTooLarge()
    return false
  }

  end(): void {
    this.#upload.end()
  }

  error(): void {
    this.#owner.bodyFailed()
  }
}
