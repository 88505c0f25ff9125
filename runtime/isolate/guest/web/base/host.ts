// The functions of the child process for the guest's web globals: plain and synchronous.
// Invariant: arguments and results are strings, numbers, booleans, bytes or undefined; a failure is a value, nothing throws.

/** Parts of a URL with a setter in the URL standard. */
export type UrlPart =
  | 'href'
  | 'protocol'
  | 'username'
  | 'password'
  | 'host'
  | 'hostname'
  | 'port'
  | 'pathname'
  | 'search'
  | 'hash'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Stateless functions, the same for every isolate of a process: created by createHostFunctions(). */
export interface CommonHostFunctions {
  /** The serialised URL, or undefined when the URL standard's parser fails. */
  readonly parseUrl: (input: string, base: string | undefined) => string | undefined
  /** The serialised URL after the setter ran; undefined when the setter throws (only "href" does). */
  readonly updateUrl: (href: string, part: UrlPart, value: string) => string | undefined
  /**
   * A URLPattern as JSON: of `{ pattern, base, ignoreCase }` the eight components in their serialised form, with
   * `hasRegExpGroups`; or `{ error }`.
   */
  readonly parsePattern: (request: string) => string
  /** Canonical name of the encoding for a label of the Encoding standard, in lower case; undefined for an unknown label. */
  readonly encodingName: (label: string) => string | undefined
  /** Text, without handling a byte order mark; undefined when `fatal` is set and the bytes are malformed. */
  readonly decodeText: (bytes: Uint8Array, encoding: string, fatal: boolean) => string | undefined
  /** Number of bytes at the end that may begin a character of the next chunk. */
  readonly pendingBytes: (bytes: Uint8Array, encoding: string) => number
  /** UTF-8; lone surrogates become U+FFFD. */
  readonly encodeText: (text: string) => Uint8Array
  /** Cryptographically strong; `length` is capped at 65,536. */
  readonly randomBytes: (length: number) => Uint8Array
  /** Milliseconds since the epoch from a monotonic clock, in steps of 0.1 ms. */
  readonly now: () => number
}

/** Provided by the owner of one isolate. */
export interface IsolateHostFunctions {
  /** One shot: calls `fireTimer(id)` of the guest after `ms` milliseconds, never before this call returns. */
  readonly startTimer: (id: number, ms: number) => void
  readonly stopTimer: (id: number) => void
  /**
   * Starts an operation of Web Crypto: `head` is a CryptoRequest as JSON. Calls `hostResult(id, …)` of the guest with a
   * CryptoResult as JSON beside its bytes; never before this call returns.
   */
  readonly startCrypto: (id: number, head: string, body: Uint8Array | undefined) => void
  /** Drops keys: their numbers, separated by commas. */
  readonly dropKeys: (handles: string) => void
  /** Adds a piece to a digest, which the first piece opens; returns what is wrong. `algorithm` is a name in capitals. */
  readonly updateDigest: (handle: number, algorithm: string, bytes: Uint8Array) => string | undefined
  /** Ends a digest; undefined when it cannot be made. */
  readonly finishDigest: (handle: number, algorithm: string) => Uint8Array | undefined
  /** Drops digests: their numbers, separated by commas. */
  readonly dropDigests: (handles: string) => void
  /** Starts a step of a compression stream: `head` is a ZipRequest as JSON; the result is a ZipResult, as for startCrypto. */
  readonly startCompression: (id: number, head: string, body: Uint8Array | undefined) => void
  /** Ends compression streams: their numbers, separated by commas. */
  readonly dropCompressions: (handles: string) => void
  /** The catalog of messages of a language as it is in the package, JSON; undefined without one. */
  readonly catalog: (language: string) => string | undefined
  /**
   * `text` is at most 8,192 characters, and may hold line breaks, control characters and lone surrogates; `requestId` is the
   * request that the line belongs to.
   */
  readonly log: (level: LogLevel, text: string, requestId?: string) => void
}

export type HostFunctions = CommonHostFunctions & IsolateHostFunctions
