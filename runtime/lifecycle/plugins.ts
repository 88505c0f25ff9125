// The administration of plugins: the interface for HTTP, the server side of the CLI, dev and boot.
// Every method that changes something is serialised per plugin, audited, and resolves when the live state has changed too.

import type { MenuItemPlace } from '../../plugin-store/records.ts'
import type { Actor } from '../../plugin-store/store.ts'
import type { Access } from '../../sdk/api/access.ts'
import type { DataImportAnswer } from '../../sdk/api/data.ts'
import type { EnablingAnswer, SwitchAnswer } from '../../sdk/api/enabling.ts'
import type { RuntimeEvent } from '../../sdk/api/events.ts'
import type { Evidence } from '../../sdk/api/evidence.ts'
import type { Page } from '../../sdk/api/lists.ts'
import type { LogLine, LogQuery } from '../../sdk/api/logs.ts'
import type { InspectAnswer, UploadAnswer, UploadQuery } from '../../sdk/api/packages.ts'
import type { PermissionUse } from '../../sdk/api/permission-uses.ts'
import type { Permissions } from '../../sdk/api/permissions.ts'
import type { Installation, ReplaceRequest, UninstallQuery } from '../../sdk/api/plugins.ts'
import type { Problem } from '../../sdk/api/problems.ts'
import type { ReleaseContent } from '../../sdk/api/releases.ts'
import type { SettingChanges, Settings } from '../../sdk/api/settings.ts'
import type { UsagePeriod, UsagePoint } from '../../sdk/api/usage.ts'
import type { Text } from '../../sdk/manifest/text.ts'
import type { OrderedPoint } from '../contributions/orders.ts'
import type { PackageSource } from '../package/types.ts'
import type { Icon } from './views/release-content.ts'

export interface UploadOptions extends UploadQuery {
  /** Rejects with STATE_CONFLICT when the package is of another plugin. */
  readonly id?: string
  /** Rewrites an artifact that is installed already: a power cut may have damaged it if it was never flushed. */
  readonly repair?: boolean
  /** Name of the principal, for the audit log. */
  readonly actor: Actor
}

export interface UploadOutcome extends Pick<UploadAnswer, 'warnings' | 'notYetActive'> {
  readonly kind: UploadAnswer['outcome']
  readonly installation: Installation
}

/** All data of a plugin, as of one moment. */
export interface DataExport {
  /** Size of the whole snapshot. */
  readonly bytes: number
  /** ISO 8601. */
  readonly createdAt: string
  /** To be iterated once. Throws HOST_CALL_FAILED. */
  readonly chunks: AsyncIterable<Uint8Array>
  /** Releases a snapshot that is not read to its end. Idempotent. */
  close(): Promise<void>
}

export interface DataImportOptions {
  readonly source: AsyncIterable<Uint8Array>
  /** Also accepts the snapshot of another plugin. */
  readonly anyPlugin: boolean
  readonly actor: Actor
}

export interface UninstallOptions extends Required<UninstallQuery> {
  readonly actor: Actor
}

export interface PluginTexts {
  readonly name: Text
  readonly description: Text | null
}

export type Unsubscribe = () => void

export interface Plugins {
  /** Rejects with a PlugbayError: archive, manifest and code problems, VERSION_EXISTS, DOWNGRADE. Nothing changes then. */
  upload(source: PackageSource, options: UploadOptions): Promise<UploadOutcome>
  /** The same checks, without storing anything; never rejects because of the package's content. */
  inspect(source: PackageSource): Promise<InspectAnswer>
  list(): Promise<readonly Installation[]>
  /** Rejects with PLUGIN_UNKNOWN. */
  get(id: string): Promise<Installation>
  /** Name and description in all languages of its manifest; undefined when it is not installed. */
  textsOf(id: string): Promise<PluginTexts | undefined>
  /** With what that changes for others. */
  enable(id: string, actor: Actor): Promise<SwitchAnswer>
  disable(id: string, actor: Actor): Promise<SwitchAnswer>
  /** Each is tried, one after the other. */
  enableAll(ids: readonly string[], actor: Actor): Promise<EnablingAnswer>
  disableAll(ids: readonly string[], actor: Actor): Promise<EnablingAnswer>
  /** Enables exactly these, and disables all others. */
  apply(ids: readonly string[], actor: Actor): Promise<EnablingAnswer>
  /** Restarts the plugin from its stored artifact. */
  reload(id: string, actor: Actor): Promise<Installation>
  /** To the release before the active one, or to `version`. */
  rollback(id: string, actor: Actor, version?: string): Promise<Installation>
  /** Leaves the states failed and quarantined. */
  retry(id: string, actor: Actor): Promise<Installation>
  /** Rejects with GRANT_TOO_WIDE. Approves a waiting release. */
  setGrants(id: string, grants: Permissions, actor: Actor): Promise<Installation>
  /** null restores the manifest's access. Rejects with GRANT_TOO_WIDE when it is wider than the manifest's. */
  setAccess(id: string, access: Access | null, actor: Actor): Promise<Installation>
  /** Lets it take the place of another plugin, as its manifest asks: see commands/replace-plugin.ts. */
  replace(id: string, request: ReplaceRequest, actor: Actor): Promise<Installation>
  /** Resolves with warnings. */
  uninstall(id: string, options: UninstallOptions): Promise<readonly Problem[]>
  /** Ids, first to last; none sets no order. Rejects with POINT_UNKNOWN, PLUGIN_UNKNOWN. */
  setOrder(point: OrderedPoint, plugins: readonly string[], actor: Actor): Promise<void>
  /** null: the plugin's own title. Rejects with POINT_UNKNOWN, PLUGIN_UNKNOWN, MENU_ITEM_UNKNOWN. */
  setMenuTitle(place: MenuItemPlace, title: Text | null, actor: Actor): Promise<void>
  /** Rejects with NOT_FOUND. */
  release(id: string, version: string): Promise<ReleaseContent>
  /** Rejects with NOT_FOUND. */
  icon(id: string, version: string): Promise<Icon>
  /** Of each permission that its manifest asks for. */
  permissionUses(id: string): Promise<readonly PermissionUse[]>
  /** Oldest first, up to now. Rejects with PLUGIN_UNKNOWN. */
  usageHistory(id: string, period: UsagePeriod): Promise<readonly UsagePoint[]>
  settings(id: string): Promise<Settings>
  /** null resets a setting to its default. Rejects with SETTINGS_INVALID. */
  changeSettings(id: string, values: SettingChanges, actor: Actor): Promise<Settings>
  /** What is wrong with settings.toml and with variables of settings, beyond the values of one plugin. */
  settingsProblems(): Promise<readonly Problem[]>
  /** Also for a disabled plugin, and for an uninstalled one that left its data. Rejects with PLUGIN_UNKNOWN. */
  exportData(id: string, actor: Actor): Promise<DataExport>
  /** All or nothing. Rejects with SNAPSHOT_INVALID, BODY_TOO_LARGE, STATE_CONFLICT, MIGRATION_FAILED, PLUGIN_UNKNOWN. */
  importData(id: string, options: DataImportOptions): Promise<DataImportAnswer>
  /**
   * The evidence of its quarantine. Rejects with NOT_FOUND when it is not in quarantine, and has not been since it last
   * started.
   */
  evidence(id: string): Promise<Evidence>
  logs(id: string, query: LogQuery): Promise<Page<LogLine>>
  subscribeLogs(id: string, listener: (line: LogLine) => void): Unsubscribe
  /** Stored runtime events after `sinceId`, then live ones. */
  subscribeEvents(listener: (event: RuntimeEvent) => void, sinceId?: number): Unsubscribe
}
