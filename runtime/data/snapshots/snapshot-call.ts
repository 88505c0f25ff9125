// What the runtime asks of the process that makes or takes a snapshot. Plain data, the same types on both sides.

export type TransferCall =
  /** Comes first. `room` is a folder for this transfer alone; it exists. */
  | {
      readonly method: 'begin'
      /** `<data>/plugin-data`. */
      readonly folder: string
      readonly pluginId: string
      readonly room: string
    }
  /** Holds on to the data as it is now. */
  | { readonly method: 'pin' }
  /** Copies what was pinned. Answers with a SnapshotFacts. */
  | { readonly method: 'copy'; readonly version: string | null }
  /** Answers with the bytes of the snapshot. */
  | { readonly method: 'send' }
  /** The body is a snapshot. Answers with a ReceivedFacts. */
  | ({ readonly method: 'receive' } & ReceiveRules)
  /** The body is a list of migrations, for the SQL database that was received. Answers with a MigrationOutcome. */
  | { readonly method: 'migrate'; readonly quotaBytes: number }
  /** Replaces the data of the plugin by what was received. */
  | { readonly method: 'commit' }

/** What a snapshot must keep to. */
export interface ReceiveRules {
  /** As `limits.kvBytes`. */
  readonly kvBytes: number
  /** As `limits.databaseBytes`. */
  readonly databaseBytes: number
  /** The plugin that the snapshot must be of; null takes one of any plugin. */
  readonly from: string | null
}

export interface SnapshotFacts {
  /** Of the whole snapshot. */
  readonly bytes: number
  /** ISO 8601: the moment that the data is of. */
  readonly createdAt: string
}

export interface ReceivedFacts {
  /** The plugin that the snapshot is of. */
  readonly plugin: string
  /** Of the release that was active; null without one. */
  readonly version: string | null
  readonly createdAt: string
  /** Keys, values and metadata: what `limits.kvBytes` counts. */
  readonly kvBytes: number
  /** The file of the SQL database. */
  readonly databaseBytes: number
  /** What has run on the SQL database, by name. */
  readonly migrations: readonly { readonly name: string; readonly checksum: string }[]
}
