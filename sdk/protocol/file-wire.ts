// What host calls about files take and return, in the words of the File System standard.

import type { FileErrorName } from './file-error.ts'

export type EntryKind = 'file' | 'directory'

/** Instead of a result: the call was carried out, and this is what came of it. */
export interface FileFailure {
  readonly error: FileErrorName
  readonly message: string
}

/** A granted folder, as the guest gets it: the handle is a number of its instance. */
export interface FolderGrant {
  readonly handle: number
  readonly name: string
  /** The same for every handle of the same folder. */
  readonly key: number
}

export interface ListedEntry {
  readonly name: string
  readonly kind: EntryKind
}

export interface ListedPage {
  readonly entries: readonly ListedEntry[]
  /** A handle if there are more. */
  readonly next: number | null
}

export interface FileFacts {
  readonly size: number
  /** Milliseconds since 1970. */
  readonly lastModified: number
  /** Another one for other content. */
  readonly version: string
}

/** Bytes of a file that cross the wall in one piece, in each direction. */
export const FILE_CHUNK = 256 * 1024
