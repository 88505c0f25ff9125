// env.kv: small values by key, in the shape of Workers KV.

export interface KvListKey {
  readonly name: string
  /** Seconds since the epoch; absent when the key does not expire. */
  readonly expiration?: number
  readonly metadata?: unknown
}

export interface KvListResult {
  readonly keys: readonly KvListKey[]
  readonly list_complete: boolean
  /** Present when `list_complete` is false. */
  readonly cursor?: string
}

export interface KvPutOptions {
  /** Seconds since the epoch. */
  readonly expiration?: number
  /** Seconds from now, at least 1. */
  readonly expirationTtl?: number
  /** JSON value, 1,024 bytes at most. */
  readonly metadata?: unknown
  /**
   * Compare and set: store only if the key still has this version, as returned by `getWithMetadata` or an earlier `put`; null:
   * only if the key does not exist. Otherwise nothing changes and the result is `{ ok: false }`.
   */
  readonly ifVersion?: string | null
}

/** `ok` is false only when the condition `ifVersion` failed. */
export type KvPutResult = { readonly ok: true; readonly version: string } | { readonly ok: false }

/**
 * @deviation The next `get` sees a value that was put.
 * @deviation `expirationTtl` may be one second.
 * @deviation `put` and `delete` take `ifVersion`, and return whether it held; `increment` counts in one atomic step.
 */
export interface Kv {
  get(key: string, type?: 'text' | { readonly type: 'text' }): Promise<string | null>
  get<T = unknown>(key: string, type: 'json' | { readonly type: 'json' }): Promise<T | null>
  get(key: string, type: 'arrayBuffer' | { readonly type: 'arrayBuffer' }): Promise<ArrayBuffer | null>
  getWithMetadata<T = string>(
    key: string,
    type?: 'text' | 'json' | 'arrayBuffer',
  ): Promise<{
    readonly value: T | null
    readonly metadata: unknown
    /** Changes with every put; null if the key does not exist. Opaque: compare, do not order. */
    readonly version: string | null
  }>
  /** Throws QUOTA_EXCEEDED when the plugin's storage is full. Key 512 bytes, value 1 MB at most. */
  put(
    key: string,
    value: string | ArrayBuffer | ArrayBufferView,
    options?: KvPutOptions,
  ): Promise<KvPutResult>
  /**
   * Atomically adds `by` (an integer, 1 by default) and returns the sum; a missing key counts as 0.
   * The value is stored as decimal text. An expiration applies only when the counter is created: an existing one keeps its own.
   */
  increment(
    key: string,
    by?: number,
    options?: Pick<KvPutOptions, 'expiration' | 'expirationTtl'>,
  ): Promise<number>
  /** Deletes the key, if it exists. With `ifVersion`: only if the key has that version; see `ok`. */
  delete(key: string, options?: { readonly ifVersion?: string }): Promise<{ readonly ok: boolean }>
  /** Lists keys in byte order. `limit` is 1,000 by default and at most. */
  list(options?: {
    readonly prefix?: string
    readonly limit?: number
    readonly cursor?: string
  }): Promise<KvListResult>
}
