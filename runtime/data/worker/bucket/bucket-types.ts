// What calls of a bucket take and give, apart from files.

export interface WriteOptions {
  readonly quotaBytes: number
  readonly now: number
}

export interface Waste {
  /** Contents that nothing refers to, in hex: their files may be removed. */
  readonly gone: readonly string[]
  /** There are more. */
  readonly more: boolean
}

export interface InUse {
  /** Ids of objects that are being read. */
  readonly reading: readonly number[]
  /** Contents that are about to be referred to, in hex. */
  readonly placing: readonly string[]
  /** Contents whose file may be without a row, in hex. */
  readonly suspects: readonly string[]
}

export interface Room {
  readonly free: number
  readonly used: number
  readonly holds: boolean
}
