// What the guest's web globals need from the child process: plain synchronous functions.
// Invariant: arguments and results are strings, numbers, booleans, bytes or undefined; a failure is a value, nothing throws.

/** Parts of a URL that have a setter in the URL standard. */
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

/** Stateless functions, the same for every isolate of a process: made by createHostFunctions(). */
export interface CommonHostFunctions {
  /** The serialised URL, or undefined where the URL standard's parser fails. */
  readonly parseUrl: (input: string, base: string | undefined) => string | undefined
  /** The serialised URL after the setter ran; undefined where the setter throws (only "href" does). */
  readonly updateUrl: (href: string, part: UrlPart, value: string) => string | undefined
  /**
   * A URLPattern as JSON: of `{ pattern, base, ignoreCase }` the eight components in their serialised form, with
   * `hasRegExpGroups`; or `{ error }`.
   */
  readonly parsePattern: (request: string) => string
  /** Name of the encoding that a label of the Encoding standard stands for, in lower case; undefined for none. */
  readonly encodingName: (label: string) => string | undefined
  /** Text without any byte order mark handling; undefined where `fatal` is set and the bytes are malformed. */
  readonly decodeText: (bytes: Uint8Array, encoding: string, fatal: boolean) => string | undefined
  /** How many bytes at the end may be the beginning of a character that goes on in the next chunk. */
  readonly pendingBytes: (bytes: Uint8Array, encoding: string) => number
  /** UTF-8; lone surrogates become U+FFFD. */
  readonly encodeText: (text: string) => Uint8Array
  /** Cryptographically strong; `length` at most 65,536, more is cut. */
  readonly randomBytes: (length: number) => Uint8Array
  /** Milliseconds since the epoch from a clock that never goes back, in steps of 0.1 ms. */
  readonly now: () => number
}

/** Provided by the owner of one isolate. */
export interface IsolateHostFunctions {
  /** One shot: answers with `fireTimer(id)` of the guest after `ms` milliseconds, never before this call returns. */
  readonly startTimer: (id: number, ms: number) => void
  readonly stopTimer: (id: number) => void
  /**
   * Starts an operation of Web Crypto: `head` is a CryptoRequest as JSON. Answers with `hostResult(id, …)` of the guest, a
   * CryptoResult as JSON beside its bytes; never before this call returns.
   */
  readonly startCrypto: (id: number, head: string, body: Uint8Array | undefined) => void
  /** Forgets keys: their numbers, separated by commas. */
  readonly dropKeys: (handles: string) => void
  /** Starts a step of a compression stream: `head` is a ZipRequest as JSON; answers as startCrypto does, with a ZipResult. */
  readonly startCompression: (id: number, head: string, body: Uint8Array | undefined) => void
  /** Ends compression streams: their numbers, separated by commas. */
  readonly dropCompressions: (handles: string) => void
  /**
   * `text` is at most 8,192 characters, and may hold line breaks, control characters and lone surrogates; `requestId` names
   * the request that the line belongs to.
   */
  readonly log: (level: LogLevel, text: string, requestId?: string) => void
}

export type HostFunctions = CommonHostFunctions & IsolateHostFunctions
