// Handles: resources of the host that outlive the call that created them. A guest knows each by a number.
// Invariant: a number is valid only for the instance that it was given to, and is never reused.

/**
 * Counted per plugin, across its instances.
 * @limit `env.db`: loops over `statement.iterate()` that are under way
 * @passed an error with the code `QUOTA_EXCEEDED` is thrown
 */
const MAX_CURSORS = 8
/**
 * Counted per plugin, across its instances; every `open()` of one volume gives the same.
 * @limit `env.volumes`: volumes that are open
 * @passed a `QuotaExceededError` is thrown
 */
const MAX_FOLDERS = 32
/**
 * Counted per plugin, across its instances.
 * @limit handles of folders: loops over `entries()`, `keys()` and `values()` that are under way
 * @passed a `QuotaExceededError` is thrown
 */
const MAX_LISTS = 8
/**
 * Counted per plugin, across its instances.
 * @limit handles of files: streams of `createWritable()` that are open
 * @passed a `QuotaExceededError` is thrown
 */
const MAX_WRITERS = 16

/**
 * Counted per plugin, across its instances.
 * @limit `env.usb`: devices that are open
 * @passed a `QuotaExceededError` is thrown
 */
const MAX_DEVICES = 8

export interface HandleRow {
  /** Maximum number of open handles. */
  readonly max: number
  /** Completes "More than 8 …". */
  readonly words: string
}

export const HANDLES = {
  /** The rest of the rows of a statement. */
  cursor: { max: MAX_CURSORS, words: 'cursors of env.db' },
  /** A granted folder with everything in it. */
  folder: { max: MAX_FOLDERS, words: 'open volumes' },
  /** The rest of the entries of a folder. */
  list: { max: MAX_LISTS, words: 'lists of folders' },
  /** A file that is being written. */
  writer: { max: MAX_WRITERS, words: 'files that are being written' },
  /** An open device, with its process. */
  usb: { max: MAX_DEVICES, words: 'open USB devices' },
} as const satisfies Record<string, HandleRow>

export type HandleKind = keyof typeof HANDLES

/** Undefined for a value that cannot be a handle. */
export function parseHandle(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined
}

/** Number of open handles of each kind. */
export type HandleCounts = Record<HandleKind, number>

export function noHandles(): HandleCounts {
  return { cursor: 0, folder: 0, list: 0, writer: 0, usb: 0 }
}
