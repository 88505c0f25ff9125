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
   * Compare and set: store only if the key still has this version, which `getWithMetadata` or an earlier `put` gave;
   * null: only if there is no such key. Otherwise nothing changes and the answer is `{ ok: false }`.
   */
  readonly ifVersion?: string | null
}

/** `ok` is false only when `ifVersion` did not hold. */
export type KvPutResult = { readonly ok: true; readonly version: string } | { readonly ok: false }

/**
 * @deviation A value that was put is there for the next `get` at once.
 * @deviation `expirationTtl` may be one second.
 * @deviation `put` and `delete` take `ifVersion`, and tell whether it held; `increment` counts in one step.
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
    /** Changes with every put; null without the key. Opaque: compare, do not order. */
    readonly version: string | null
  }>
  /** Throws QUOTA_EXCEEDED when the plugin's storage is full. Key 512 bytes, value 1 MB at most. */
  put(
    key: string,
    value: string | ArrayBuffer | ArrayBufferView,
    options?: KvPutOptions,
  ): Promise<KvPutResult>
  /**
   * Adds `by` (a whole number, 1 by default) in one step and gives the sum; a key that is not there counts as 0.
   * The value is stored as decimal text. An expiration counts for a counter that begins: the end of one that is there stays.
   */
  increment(
    key: string,
    by?: number,
    options?: Pick<KvPutOptions, 'expiration' | 'expirationTtl'>,
  ): Promise<number>
  /** Gone, or was not there. With `ifVersion`: only if the key has that version; `ok` tells. */
  delete(key: string, options?: { readonly ifVersion?: string }): Promise<{ readonly ok: boolean }>
  /** Keys in byte order. `limit` is 1,000 by default and at most. */
  list(options?: {
    readonly prefix?: string
    readonly limit?: number
    readonly cursor?: string
  }): Promise<KvListResult>
}
