// The calls to the process that packs and unpacks the data of a host. Plain data, the same types on both sides.

export type SourceKind = 'folder' | 'database' | 'plugin' | 'store'

export interface SourceFacts {
  /** One part of a path. */
  readonly name: string
  readonly title: string
  readonly kind: SourceKind
  /** Version of what the data belongs to. */
  readonly version: string
}

/** About: databases are measured as their files are. */
export interface SourceSize {
  readonly files: number
  readonly bytes: number
}

export interface SnapshotManifest {
  readonly format: 1
  readonly host: { readonly id: string; readonly version: string }
  /** Version of the runtime. */
  readonly plugbay: string
  readonly sources: readonly SourceFacts[]
  /** ISO 8601. */
  readonly at: string
}

/** Paths are absolute. `as`: the path in the tar. */
export type PackedSource =
  | { readonly kind: 'folder'; readonly path: string; readonly as: string }
  /** @param copy where the copy of the database is made */
  | { readonly kind: 'database'; readonly path: string; readonly as: string; readonly copy: string }
  /** A file that was made for the snapshot. */
  | { readonly kind: 'copy'; readonly as: string; readonly copy: string }

export type HostDataCall =
  /** Replies with the header of a file in the tar, as bytes. */
  | { readonly method: 'header'; readonly path: string; readonly size: number; readonly mtimeMs: number }
  /** Replies with SourceSize: what is at these places. */
  | { readonly method: 'measure'; readonly paths: readonly string[] }
  /** Replies with the entries of a source, as bytes. */
  | { readonly method: 'pack'; readonly source: PackedSource }
  /** The same in parts (SnapshotSection), without those that are known. */
  | { readonly method: 'packParts'; readonly source: PackedSource; readonly isCompressed: boolean }
  /** Packs are filled from now on. */
  | { readonly method: 'beginPacks'; readonly packBytes: number }
  /** Replies with sections as lines; what they announce goes into packs (readPack). */
  | { readonly method: 'fillPacks'; readonly source: PackedSource }
  /** Replies with a section that says how the last pack has ended, if there is one. */
  | { readonly method: 'endPacks' }
  /** The body is what the pack begins with. Replies with the pack that is being filled. @param key in base64, of a pack that is sealed */
  | { readonly method: 'readPack'; readonly key: string | null }
  /** The body is the digests of parts that are not packed. */
  | { readonly method: 'known' }
  /** The body is a snapshot. Replies with Unpacked. */
  | { readonly method: 'unpack'; readonly plan: UnpackPlan }
  | { readonly method: 'apply'; readonly part: AppliedPart }
  /** Replies with the content of a file that was unpacked. */
  | { readonly method: 'read'; readonly path: string }
  /** Replies with LeftOut: what was packed without it. */
  | { readonly method: 'leftOut' }

export interface LeftOut {
  readonly files: number
  /** Path of the first of them. */
  readonly first: string | undefined
}

/** Where the parts of a snapshot are unpacked to: nothing of them has effect yet. */
export interface UnpackPlan {
  /** Id of the host, which the snapshot must be of. */
  readonly host: string
  readonly parts: readonly UnpackPart[]
  /** Names; null for all that are in the snapshot. */
  readonly wanted: readonly string[] | null
  /** The folder of what takes effect at the next start; null where there is nothing of that kind. */
  readonly later: string | null
}

export interface UnpackPart {
  readonly name: string
  readonly kind: SourceKind
  /** Version of what the data belongs to now. */
  readonly version: string
  readonly to: string
  /** It cannot be replaced while the runtime runs. */
  readonly isLater: boolean
}

/** The names of what was unpacked. */
export interface Unpacked {
  readonly now: readonly string[]
  readonly later: readonly string[]
}

/** What was unpacked takes the place of the data. */
export type AppliedPart =
  /** `old`: where the folder is until the new one is in its place. */
  | {
      readonly kind: 'folder'
      readonly name: string
      readonly path: string
      readonly from: string
      readonly old: string
    }
  | { readonly kind: 'database'; readonly name: string; readonly path: string; readonly from: string }
