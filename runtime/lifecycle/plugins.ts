// What an administrator can do with plugins: the interface that HTTP, the CLI's server side, dev and boot all use.
// Every method that changes something is serialised per plugin, audited, and answers after the live state has followed.

import type { Access, AuditRecord } from '../../plugin-store/records.ts'
import type { Page } from '../../plugin-store/store.ts'
import type { Permissions } from '../../sdk/permissions/permissions.ts'
import type { PluginState } from '../../sdk/protocol/plugin-state.ts'
import type { Problem } from '../../sdk/protocol/problem.ts'
import type { PackageSource } from '../package/types.ts'
import type { LedgerFigures } from '../sandbox/usage/usage-meter.ts'

export type { PluginState }

export interface ReleaseInfo {
  readonly version: string
  readonly sha256: string
  readonly installedAt: string
  readonly active: boolean
}

/** What the plugin has used since the runtime started, and uses now. */
export interface ResourceFigures extends LedgerFigures {
  /** WebSockets that are open. */
  readonly sockets: number
  /** Key-value storage and database, with their journals. */
  readonly storageBytes: number
}

/** One installed plugin, as the admin API shows it. Absent things are null. */
export interface Installation {
  readonly id: string
  /** In the default language. */
  readonly name: string
  readonly description: string | null
  readonly version: string | null
  readonly sha256: string | null
  readonly enabled: boolean
  readonly state: PluginState
  readonly problem: Problem | null
  readonly access: Access
  /** What the manifest asks (of the release that waits, when one does). */
  readonly permissions: Permissions
  readonly grants: Permissions
  /** The release that waits for approval, with what it asks beyond what was reviewed. */
  readonly candidate: { readonly version: string; readonly added: Permissions } | null
  readonly urls: { readonly api: string | null; readonly page: string | null }
  readonly releases: readonly ReleaseInfo[]
  readonly resources: ResourceFigures
}

export interface UploadOptions {
  /** Default true for a new id; an update keeps what was. */
  readonly enable?: boolean
  /** `all` grants what is asked; `none` leaves it to a later PUT grants. Default: `all` for a new id; an update that asks for more waits. */
  readonly grant?: 'all' | 'none'
  readonly downgrade?: boolean
  /** Rejects with STATE_CONFLICT when the package is of another plugin. */
  readonly id?: string
  /** Writes the artifact anew when it is installed already: what was never flushed may have been damaged by a power cut. */
  readonly repair?: boolean
  /** Name of the principal, for the audit log. */
  readonly actor: string
}

export interface UploadOutcome {
  /** `created` a new id (201); `updated` a new version, `unchanged` the same content again (200). */
  readonly kind: 'created' | 'updated' | 'unchanged'
  readonly installation: Installation
  readonly warnings: readonly Problem[]
  readonly notYetActive: readonly string[]
}

export interface InspectReport {
  readonly ok: boolean
  readonly manifest: unknown
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  readonly notYetActive: readonly string[]
  readonly sha256: string | null
  readonly permissions: {
    readonly asked: Permissions
    readonly added: Permissions
    readonly removed: Permissions
  }
}

export interface SettingView {
  readonly value: unknown
  readonly source: 'default' | 'stored' | 'environment'
  readonly schema: unknown
}

export interface LogLine {
  /** Grows with every line of the plugin; used as a cursor. */
  readonly seq: number
  /** ISO 8601. */
  readonly time: string
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly requestId?: string
  readonly stack?: string
}

/** One reason for a quarantine. */
export interface Failure {
  /** ISO 8601. */
  readonly time: string
  /** For example "GUEST_DEADLINE". */
  readonly code: string
  readonly message: string
}

/** Why a plugin is in quarantine. */
export interface Evidence {
  /** When the plugin was stopped, ISO 8601. */
  readonly time: string
  readonly version: string
  /** Oldest first; the last one was one too many. */
  readonly failures: readonly Failure[]
  /** Of the last error that had one, in the author's files; a process that was killed leaves none. */
  readonly stack: string | null
  /** The last 100, oldest first. */
  readonly log: readonly LogLine[]
  readonly resources: ResourceFigures
}

export interface LogQuery {
  readonly limit?: number
  /** Lines before this seq, newest first. */
  readonly cursor?: string
  readonly level?: LogLine['level']
}

/** Everything that a plugin has stored, at one moment. */
export interface DataExport {
  /** Of the whole snapshot. */
  readonly bytes: number
  /** ISO 8601. */
  readonly createdAt: string
  /** To be iterated once. Throws HOST_CALL_FAILED. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** For a snapshot that is not read to its end. Idempotent. */
  close(): Promise<void>
}

export interface DataImportOptions {
  readonly source: AsyncIterable<Uint8Array>
  /** Takes the snapshot of another plugin, too. */
  readonly anyPlugin: boolean
  readonly actor: string
}

export interface DataImport {
  /** The plugin that the snapshot was made of. */
  readonly plugin: string
  /** Of its release at that time. */
  readonly version: string | null
  readonly createdAt: string
  readonly kvBytes: number
  readonly databaseBytes: number
  readonly installation: Installation
}

export type Stop = () => void

export interface RuntimeEvent {
  readonly id: number
  readonly type: 'plugin.state' | 'plugin.removed' | 'usb.change'
  /** For plugin.state: {id, state, version}. */
  readonly data: Readonly<Record<string, unknown>>
}

export interface Plugins {
  /** Rejects with a PlugbayError: archive, manifest and code problems, VERSION_EXISTS, DOWNGRADE. Nothing changes then. */
  upload(source: PackageSource, options: UploadOptions): Promise<UploadOutcome>
  /** The same checks, nothing stored; never rejects for what is in the package. */
  inspect(source: PackageSource): Promise<InspectReport>
  list(): Promise<readonly Installation[]>
  /** Rejects with PLUGIN_UNKNOWN. */
  get(id: string): Promise<Installation>
  enable(id: string, actor: string): Promise<Installation>
  disable(id: string, actor: string): Promise<Installation>
  /** Starts the plugin anew from its stored artifact. */
  reload(id: string, actor: string): Promise<Installation>
  /** To the release before the active one, or to `version`. */
  rollback(id: string, actor: string, version?: string): Promise<Installation>
  /** Leaves failed or quarantined. */
  retry(id: string, actor: string): Promise<Installation>
  /** Rejects with GRANT_TOO_WIDE. Approves a waiting release. */
  setGrants(id: string, grants: Permissions, actor: string): Promise<Installation>
  /** null returns to the manifest's. Rejects with GRANT_TOO_WIDE when it is wider than the manifest's. */
  setAccess(id: string, access: Access | null, actor: string): Promise<Installation>
  uninstall(id: string, options: { readonly data: 'keep' | 'delete'; readonly actor: string }): Promise<void>
  settings(id: string): Promise<Readonly<Record<string, SettingView>>>
  /** null returns a setting to its default. Rejects with SETTINGS_INVALID. */
  changeSettings(
    id: string,
    values: Readonly<Record<string, unknown>>,
    actor: string,
  ): Promise<Readonly<Record<string, SettingView>>>
  /** Also of a plugin that is disabled, and of one that was uninstalled and left its data. Rejects with PLUGIN_UNKNOWN. */
  exportData(id: string, actor: string): Promise<DataExport>
  /** All or nothing. Rejects with SNAPSHOT_INVALID, BODY_TOO_LARGE, STATE_CONFLICT, MIGRATION_FAILED, PLUGIN_UNKNOWN. */
  importData(id: string, options: DataImportOptions): Promise<DataImport>
  /** Why it is in quarantine. Rejects with NOT_FOUND when it is not, and has not been since it last started. */
  evidence(id: string): Promise<Evidence>
  logs(id: string, query: LogQuery): Promise<Page<LogLine>>
  followLogs(id: string, listener: (line: LogLine) => void): Stop
  /** Runtime events after `sinceId` that are still remembered, then live ones. */
  followEvents(listener: (event: RuntimeEvent) => void, sinceId?: number): Stop
}

export type { AuditRecord }
