// Messages between the compression streams of the guest and the child process. Types only.

export type ZipFormat = 'gzip' | 'deflate' | 'deflate-raw' | 'brotli' | 'zstd'

export interface ZipRequest {
  /** The guest's number for the stream; its first request opens it. */
  readonly stream: number
  readonly format: ZipFormat
  readonly isCompression: boolean
  /** `write`: the body is input. `end`: the input is complete. `more`: requests the rest of the previous output. */
  readonly step: 'write' | 'end' | 'more'
}

/** `more`: there is more output than this body, to be requested before anything else. */
export type ZipResult = { readonly more: boolean } | { readonly error: string }
