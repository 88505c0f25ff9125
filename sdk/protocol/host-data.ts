// The name of the first entry of a snapshot of a host's data, which says what the others are.

export const MANIFEST_NAME = 'plugbay-snapshot.json'

/** A snapshot in parts is a sequence of sections: one as a line of JSON, and the bytes of a tar that it announces. */
export interface SnapshotSection {
  /** In the first one: the manifest. */
  readonly snapshot?: unknown
  /** In the first one of a snapshot in packs: the name that these are read by. */
  readonly packs?: string
  /** A pack has ended: the parts since the one before are in it, in their order. It has the length and digest of the file. */
  readonly packed?: { readonly bytes: number; readonly sha256: string }
  /** "<SHA-256> <bytes>": the files of the tar, which have the digest as their name. */
  readonly parts?: readonly string[]
  /** In their order in the snapshot. All of their parts have been sent, or are known. */
  readonly entries?: readonly SnapshotEntry[]
  /** Of contents that it stands for, with those that are known. */
  readonly read: number
  /** Of the tar, without the end of one; compressed, it is one frame of zstd. In packs, it does not follow, but goes there. */
  readonly bytes: number
  /** In the last one: without it, the stream is cut off. */
  readonly isLast?: true
}

export type SnapshotEntry =
  | (EntryFacts & { readonly type: 'folder' })
  | (EntryFacts & {
      readonly type: 'file'
      readonly size: number
      /** Digests, of 4 MiB each, the last one of less; none for an empty file. */
      readonly parts: readonly string[]
    })

interface EntryFacts {
  /** As in the tar of a snapshot: "<name>/<path>". */
  readonly path: string
  readonly mode: number
  /** Seconds since 1970, with up to nine decimals. */
  readonly time: string
}
