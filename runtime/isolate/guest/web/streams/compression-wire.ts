// What crosses between the compression streams of the guest and the child process. Types only.

export type ZipFormat = 'gzip' | 'deflate' | 'deflate-raw' | 'brotli'

export interface ZipRequest {
  /** The guest's number for the stream; its first request opens it. */
  readonly stream: number
  readonly format: ZipFormat
  readonly isCompression: boolean
  /** `write`: the body is input. `end`: there is no more. `more`: the rest of the answer before. */
  readonly step: 'write' | 'end' | 'more'
}

/** `more`: there is output beyond the body beside this, to be asked for before anything else. */
export type ZipResult = { readonly more: boolean } | { readonly error: string }
