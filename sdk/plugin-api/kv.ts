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
}

export interface Kv {
  get(key: string, type?: 'text' | { readonly type: 'text' }): Promise<string | null>
  get<T = unknown>(key: string, type: 'json' | { readonly type: 'json' }): Promise<T | null>
  get(key: string, type: 'arrayBuffer' | { readonly type: 'arrayBuffer' }): Promise<ArrayBuffer | null>
  getWithMetadata<T = string>(
    key: string,
    type?: 'text' | 'json' | 'arrayBuffer',
  ): Promise<{ readonly value: T | null; readonly metadata: unknown }>
  /** Throws QUOTA_EXCEEDED when the plugin's storage is full. Key 512 bytes, value 1 MB at most. */
  put(key: string, value: string | ArrayBuffer | ArrayBufferView, options?: KvPutOptions): Promise<void>
  delete(key: string): Promise<void>
  /** Keys in byte order. `limit` is 1,000 by default and at most. */
  list(options?: {
    readonly prefix?: string
    readonly limit?: number
    readonly cursor?: string
  }): Promise<KvListResult>
}
