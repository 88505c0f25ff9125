// The calls to a files process: what the runtime may ask, and what comes back. Both sides are ours; the names in them are not.

import type { EntryKind, FileFacts, ListedEntry } from '../../../sdk/protocol/file-wire.ts'

interface At {
  /** Absolute. */
  readonly root: string
  readonly path: readonly string[]
}

export type FilesCall =
  /** Rejects when the root is not there. */
  | { readonly m: 'open'; readonly root: string }
  | { readonly m: 'drive'; readonly root: string }
  | (At & { readonly m: 'find'; readonly kind: EntryKind })
  | (At & { readonly m: 'create'; readonly kind: EntryKind })
  | (At & { readonly m: 'createAll' })
  | (At & { readonly m: 'facts' })
  | (At & { readonly m: 'read'; readonly version: string; readonly start: number; readonly length: number })
  | (At & { readonly m: 'digest'; readonly number: number; readonly algorithm: string })
  | { readonly m: 'digestNext'; readonly number: number }
  | { readonly m: 'digestClose'; readonly number: number }
  | (At & { readonly m: 'list'; readonly number: number; readonly mayWrite: boolean })
  | { readonly m: 'listNext'; readonly number: number }
  | { readonly m: 'listClose'; readonly number: number }
  | (At & { readonly m: 'remove'; readonly recursive: boolean; readonly budgetMs: number })
  | (At & { readonly m: 'rename'; readonly to: string })
  | (At & {
      readonly m: 'measure'
      readonly waiting: readonly (readonly string[])[]
      readonly budgetMs: number
    })
  | (At & {
      readonly m: 'writer'
      readonly number: number
      readonly token: string
      /** Path of the file whose content it begins with. */
      readonly from: readonly string[] | null
      readonly mustExist: boolean
    })
  | { readonly m: 'copy'; readonly number: number }
  | { readonly m: 'write'; readonly number: number; readonly position: number }
  | { readonly m: 'truncate'; readonly number: number; readonly size: number }
  | { readonly m: 'commit'; readonly number: number }
  | { readonly m: 'discard'; readonly number: number }

/** The result of each call; of "read", and of the last "digestNext", it is beside the bytes. */
export interface FilesResults {
  open: null
  drive: { isWritable: boolean; freeBytes: number; totalBytes: number; type: number }
  find: null
  /** Whether it was made now. */
  create: boolean
  createAll: null
  facts: FileFacts
  read: null
  digest: null
  digestNext: null
  digestClose: null
  list: { entries: readonly ListedEntry[]; isLast: boolean }
  listNext: { entries: readonly ListedEntry[]; isLast: boolean }
  listClose: null
  remove: { isDone: boolean; entries: number; bytes: number }
  /** The size of the file that it replaced. */
  rename: number | null
  measure: { bytes: number; waiting: readonly (readonly string[])[] }
  writer: null
  /** Bytes copied; 0 when all are. */
  copy: number
  write: null
  truncate: null
  commit: number | null
  discard: null
}

export type FilesMethod = FilesCall['m']
