// env.files: files of the plugin's own on the server, in the shape of a bucket of Cloudflare R2.

export interface BucketHttpMetadata {
  readonly contentType?: string
  readonly contentLanguage?: string
  readonly contentDisposition?: string
  readonly contentEncoding?: string
  readonly cacheControl?: string
  /** Written as the header `Expires`. */
  readonly cacheExpiry?: Date
}

export interface BucketChecksums {
  readonly md5?: ArrayBuffer
  readonly sha1?: ArrayBuffer
  /** Of every file that was stored in one piece. */
  readonly sha256?: ArrayBuffer
  readonly sha384?: ArrayBuffer
  readonly sha512?: ArrayBuffer
  /** As hex. */
  toJSON(): Readonly<Record<string, string>>
}

/** A part of a file, in bytes. */
export type BucketRange =
  | { readonly offset: number; readonly length?: number }
  | { readonly offset?: number; readonly length: number }
  /** The last bytes. */
  | { readonly suffix: number }

/** What must hold for a call to happen. An etag is as in `etag`, without quotes. */
export interface BucketConditional {
  readonly etagMatches?: string
  readonly etagDoesNotMatch?: string
  readonly uploadedBefore?: Date
  readonly uploadedAfter?: Date
  /** Compare times in whole seconds, as HTTP does. */
  readonly secondsGranularity?: boolean
}

/** What is known of a file, without its content. */
export interface BucketObject {
  readonly key: string
  /** Another one after each `put`. */
  readonly version: string
  /** In bytes. */
  readonly size: number
  /** The SHA-256 of the content, in hex; of a file in parts, that of their digests and "-<number of parts>". */
  readonly etag: string
  /** In quotes, as for the header `ETag`. */
  readonly httpEtag: string
  readonly uploaded: Date
  readonly httpMetadata?: BucketHttpMetadata
  readonly customMetadata?: Readonly<Record<string, string>>
  /** What was asked of it, of a `get` with a range. */
  readonly range?: { readonly offset: number; readonly length: number }
  readonly checksums: BucketChecksums
  readonly storageClass: 'Standard'
  /** Sets `Content-Type`, `Content-Language`, `Content-Disposition`, `Content-Encoding`, `Cache-Control` and `Expires`. */
  writeHttpMetadata(headers: Headers): void
}

export interface BucketObjectBody extends BucketObject {
  /** Read when it is asked for. As the body of a Response it goes to the visitor without passing through the backend. */
  readonly body: ReadableStream<Uint8Array>
  readonly bodyUsed: boolean
  arrayBuffer(): Promise<ArrayBuffer>
  bytes(): Promise<Uint8Array>
  text(): Promise<string>
  json<T = unknown>(): Promise<T>
  blob(): Promise<Blob>
}

export interface BucketGetOptions {
  /** Of a request: `If-Match`, `If-None-Match`, `If-Modified-Since` and `If-Unmodified-Since` count. */
  readonly onlyIf?: BucketConditional | Headers
  /** Of a request: `Range` counts, where it names one range. */
  readonly range?: BucketRange | Headers
}

export interface BucketPutOptions {
  readonly onlyIf?: BucketConditional | Headers
  /** Of a request: its `Content-Type` and its kin count. */
  readonly httpMetadata?: BucketHttpMetadata | Headers
  readonly customMetadata?: Readonly<Record<string, string>>
  /** At most one of them: as bytes or in hex. What does not have this digest is not stored. */
  readonly md5?: ArrayBuffer | ArrayBufferView | string
  readonly sha1?: ArrayBuffer | ArrayBufferView | string
  readonly sha256?: ArrayBuffer | ArrayBufferView | string
  readonly sha384?: ArrayBuffer | ArrayBufferView | string
  readonly sha512?: ArrayBuffer | ArrayBufferView | string
}

export interface BucketListOptions {
  /** 1,000 by default and at most. */
  readonly limit?: number
  readonly prefix?: string
  readonly cursor?: string
  /** Keys that go on after it are listed once, in `delimitedPrefixes`. */
  readonly delimiter?: string
  /** Keys after this one. */
  readonly startAfter?: string
  /** Without it, objects of a list have no metadata. */
  readonly include?: readonly ('httpMetadata' | 'customMetadata')[]
}

export interface BucketList {
  readonly objects: readonly BucketObject[]
  readonly truncated: boolean
  /** Present when `truncated` is true. */
  readonly cursor?: string
  readonly delimitedPrefixes: readonly string[]
}

export interface BucketUploadedPart {
  readonly partNumber: number
  readonly etag: string
}

/** A file that is stored in parts. It outlives restarts, for seven days. */
export interface BucketMultipartUpload {
  readonly key: string
  readonly uploadId: string
  /** Numbers are 1 to 10,000. A number that is uploaded again replaces the part. */
  uploadPart(partNumber: number, value: BucketContent): Promise<BucketUploadedPart>
  /** The file is there when this resolves, and not before. */
  complete(parts: readonly BucketUploadedPart[]): Promise<BucketObject>
  /** Removes the parts. */
  abort(): Promise<void>
}

export type BucketContent = ReadableStream<Uint8Array> | ArrayBuffer | ArrayBufferView | string | Blob | null

/** As of `navigator.storage.estimate()`: bytes. */
export interface BucketEstimate {
  readonly usage: number
  /** `limits.filesBytes` of the server. */
  readonly quota: number
}

/** What became of a request that brings a file, or a part of one. */
export interface BucketReceived {
  /** The file when it is there whole; null while parts of it are missing, and when it was refused. */
  readonly object: BucketObject | null
  /** For the page. 507 when there is no room. */
  readonly response: Response
}

/**
 * @deviation Streams need no length that is known; a part may have any size.
 * @deviation An ETag is a SHA-256, and `checksums.sha256` is always there.
 * @deviation A content is read when it is asked for: within a minute after the file was replaced or deleted.
 * @deviation `respond` answers a request, and `receive` receives one; there are no storage classes and no keys of encryption.
 */
export interface Bucket {
  /** What is known of a file; null if there is none. */
  head(key: string): Promise<BucketObject | null>
  /** Null if there is none; without a body when `onlyIf` does not hold. */
  get(key: string): Promise<BucketObjectBody | null>
  get(key: string, options: BucketGetOptions): Promise<BucketObjectBody | BucketObject | null>
  /**
   * Stores a file, whole or not at all: it survives a crash when this has resolved. Null when `onlyIf` does not hold.
   * Throws QUOTA_EXCEEDED when it would take more than `limits.filesBytes`.
   */
  put(
    key: string,
    value: BucketContent,
    options?: BucketPutOptions & { readonly onlyIf?: undefined },
  ): Promise<BucketObject>
  put(key: string, value: BucketContent, options?: BucketPutOptions): Promise<BucketObject | null>
  /** One file, or up to 1,000. Those that are not there are no error. */
  delete(keys: string | readonly string[]): Promise<void>
  /** In the order of their bytes. */
  list(options?: BucketListOptions): Promise<BucketList>
  /** How much of its quota the plugin has used, as the quota counts it. */
  estimate(): Promise<BucketEstimate>
  createMultipartUpload(
    key: string,
    options?: Pick<BucketPutOptions, 'httpMetadata' | 'customMetadata'>,
  ): Promise<BucketMultipartUpload>
  /** Makes no call to the host: when there is no such upload, its methods reject. */
  resumeMultipartUpload(key: string, uploadId: string): BucketMultipartUpload
  /**
   * Receives a file that a page sends: in one PUT or POST, or in parts that go on after a cut connection or a reload, as `upload()` of
   * plugbay/client sends it with `resumable`. A page that has missed the answer asks again, and gets the same file.
   */
  receive(
    request: Request,
    key: string,
    /** The headers of the request are the `httpMetadata` by default. */
    options?: Pick<BucketPutOptions, 'httpMetadata' | 'customMetadata'>,
  ): Promise<BucketReceived>
  /**
   * Answers a GET or HEAD with a file: 200, 206 or 416 for a range, 304 or 412 for conditions, 404 without the file. The bytes go from
   * the disk to the visitor. `headers` are added, and take the place of those of the file.
   */
  respond(
    request: Request,
    key: string,
    options?: { readonly headers?: Headers | Readonly<Record<string, string>> },
  ): Promise<Response>
}
