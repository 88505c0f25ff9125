// The calls to a snapshot process. Plain data, the same types on both sides.

export type SnapshotCall =
  /** The first call. `room` is an existing folder for this snapshot alone. */
  | {
      readonly method: 'begin'
      /** `<data>/plugin-data`. */
      readonly folder: string
      readonly pluginId: string
      readonly room: string
    }
  /** Pins the current state of the data. */
  | { readonly method: 'pin' }
  /** Copies the pinned data. Replies with SnapshotFacts. */
  | { readonly method: 'copy'; readonly version: string | null }
  /** Replies with the bytes of the snapshot. */
  | { readonly method: 'send' }
  /** The body is a snapshot. Replies with ImportFacts. */
  | ({ readonly method: 'receive' } & ImportRules)
  /** The body is a list of migrations for the imported SQL database. Replies with a MigrationOutcome. */
  | { readonly method: 'migrate'; readonly quotaBytes: number }
  /** The body is a list of migrations. Replies with the MigrationState of the imported SQL database. */
  | { readonly method: 'compare' }
  /** Replaces the data of the plugin with the import. */
  | { readonly method: 'commit' }
  /** Replaces the data of the plugin with the files of a folder beside it, which is then gone. */
  | { readonly method: 'restore'; readonly from: string }

/** Rules that an imported snapshot must satisfy. */
export interface ImportRules {
  /** As `limits.kvBytes`. */
  readonly kvBytes: number
  /** As `limits.databaseBytes`. */
  readonly databaseBytes: number
  /** As `limits.filesBytes`. */
  readonly filesBytes: number
  /** The plugin that the snapshot must be of; null accepts a snapshot of any plugin. */
  readonly from: string | null
}

export interface SnapshotFacts {
  /** Size of the whole snapshot. */
  readonly bytes: number
  /** ISO 8601: the time that the data was pinned. */
  readonly createdAt: string
}

export interface ImportFacts {
  /** The plugin whose data the snapshot holds. */
  readonly plugin: string
  /** Version of the active release; null without one. */
  readonly version: string | null
  readonly createdAt: string
  /** Keys, values and metadata, counted as `limits.kvBytes` counts them. */
  readonly kvBytes: number
  /** Size of the SQL database file. */
  readonly databaseBytes: number
  /** The files, counted as `limits.filesBytes` counts them. */
  readonly filesBytes: number
  /** Names of the migrations applied to the SQL database. */
  readonly migrations: readonly string[]
}
