// The interface of the whole store: everything that the runtime must remember.
// Invariant: a change and its audit row are one transaction; a reader never sees half of one.

import type { Access } from '../sdk/api/access.ts'
import type { AuditEntry } from '../sdk/api/audit.ts'
import type { Page, PageQuery } from '../sdk/api/lists.ts'
import type { Token } from '../sdk/api/tokens.ts'
import type { User } from '../sdk/api/users.ts'
import type { Text } from '../sdk/manifest/text.ts'
import type { Permissions } from '../sdk/permissions/permissions.ts'
import type { Accounts } from './accounts.ts'
import type { Audit } from './audit.ts'
import type { DeliveryStore } from './deliveries/delivery-store.ts'
import type {
  InstallationRecord,
  LifecycleStage,
  MenuItemPlace,
  MenuTitleRecord,
  OrderRecord,
  QuarantineRecord,
  ReleaseRecord,
  RemovedRecord,
  SettingRecord,
} from './records.ts'
import type { TaskStore } from './tasks/task-store.ts'

export type { Actor, Audit } from './audit.ts'

export interface InstallationChange {
  readonly enabled?: boolean
  readonly activeVersion?: string | null
  readonly candidateVersion?: string | null
  readonly grants?: Permissions
  readonly reviewed?: Permissions
  readonly access?: Access | null
  readonly lifecycle?: LifecycleStage
  readonly dataVersion?: string
}

/** How far a release has come: facts, not administrative changes. */
export type Reached = Pick<InstallationChange, 'lifecycle' | 'dataVersion'>

/** `remember` is the audience that the last release asked for. */
export type Removal = 'forget' | { readonly remember: Access }

export interface Catalog {
  list(): Promise<readonly InstallationRecord[]>
  get(id: string): Promise<InstallationRecord | undefined>
  /** Newest first. */
  releases(id: string): Promise<readonly ReleaseRecord[]>
  release(id: string, version: string): Promise<ReleaseRecord | undefined>
  /**
   * Records a release and creates or changes its installation, with the audit row, in one transaction.
   * A release that exists with the same content is left as it is; with other content it rejects with VERSION_EXISTS.
   * Rejects with STATE_CONFLICT when the change names a version that is not a release.
   */
  addRelease(release: ReleaseRecord, change: InstallationChange, audit: Audit): Promise<InstallationRecord>
  /** Rejects with PLUGIN_UNKNOWN, or with STATE_CONFLICT for a version that is not a release. */
  change(id: string, change: InstallationChange, audit: Audit): Promise<InstallationRecord>
  /**
   * The release serves from now on: it is the last one to have served, or when it has served before, those that came after it have
   * been left. Not an administrative change, so not audited.
   */
  served(id: string, version: string): Promise<void>
  /** Records which lifecycle handlers have run, and for which version. Not an administrative change, so not audited. Rejects with PLUGIN_UNKNOWN. */
  reach(id: string, reached: Reached): Promise<InstallationRecord>
  /**
   * Deletes all releases but the active one, the candidate and the `keep` newest. Resolves with the artifacts that no release
   * refers to any more.
   */
  forgetReleases(id: string, keep: number): Promise<readonly string[]>
  /**
   * Deletes the releases of an installation, and what was chosen for it: settings, grants, whether it is enabled. With `remember`
   * that stays, for the plugin to find when it returns. Rejects with PLUGIN_UNKNOWN. Samples stay away: see `wasUninstalled`.
   */
  remove(id: string, removal: Removal, audit: Audit): Promise<void>
  /** What is remembered of an uninstalled plugin. */
  removed(id: string): Promise<RemovedRecord | undefined>
  /** Deletes that. Rejects with PLUGIN_UNKNOWN when nothing is remembered. */
  forget(id: string, audit: Audit): Promise<void>
  /** True when an installation of this id was removed and never installed again. */
  wasUninstalled(id: string): Promise<boolean>
  /** Every artifact that some release refers to. */
  artifactsInUse(): Promise<ReadonlySet<string>>
}

export interface SettingsStore {
  get(pluginId: string): Promise<readonly SettingRecord[]>
  /**
   * Undefined as a value deletes the row. Secrets are sealed. The installation is changed in the same transaction.
   * Rejects with PLUGIN_UNKNOWN, or with SECRETS_KEY_UNUSABLE for a secret while there is no usable key.
   */
  set(
    pluginId: string,
    values: Readonly<Record<string, unknown>>,
    audit: Audit,
    change?: InstallationChange,
  ): Promise<InstallationRecord>
  /** Of the application. */
  ofHost(hostId: string): Promise<readonly SettingRecord[]>
  /** Rejects with SECRETS_KEY_UNUSABLE for a secret while there is no usable key. */
  setOfHost(hostId: string, change: HostSettingsChange, audit: Audit): Promise<void>
}

export interface HostSettingsChange {
  /** Undefined as a value deletes the row. */
  readonly values: Readonly<Record<string, unknown>>
  /** Keys of the settings that are secrets: the application declares them, and the store does not know it. */
  readonly secrets: ReadonlySet<string>
}

/** Values for the templates of the application. */
export interface ValuesStore {
  /** Of the administrator. */
  ofHost(hostId: string): Promise<readonly SettingRecord[]>
  /** Rejects with SECRETS_KEY_UNUSABLE for a secret while there is no usable key. */
  setOfHost(hostId: string, change: HostSettingsChange, audit: Audit): Promise<void>
  /** What plugins have added, those too that are disabled, or uninstalled with their data kept. Keys are without prefix. */
  kept(): Promise<readonly SettingRecord[]>
  /** Keeps a value of a plugin for good; one that is kept already stays. Secrets are sealed. Rejects as `setOfHost` does. */
  keep(pluginId: string, change: HostSettingsChange): Promise<void>
  /** Forgets kept values, so that new ones are made. */
  drop(pluginId: string, keys: readonly string[], audit: Audit): Promise<void>
}

/** A step of a plugin that has set the application up. */
export interface InitRun {
  readonly pluginId: string
  readonly stage: 'pre' | 'run'
  readonly name: string
  /** The release that it has last succeeded for. */
  readonly version: string
}

export interface InitRuns {
  list(): Promise<readonly InitRun[]>
  put(run: InitRun): Promise<void>
}

export interface OrderStore {
  list(): Promise<readonly OrderRecord[]>
  /** No plugins: the operator sets no order there. */
  set(order: OrderRecord, audit: Audit): Promise<void>
}

export interface MenuTitleStore {
  list(): Promise<readonly MenuTitleRecord[]>
  /** null: the plugin's own title. */
  set(place: MenuItemPlace, title: Text | null, audit: Audit): Promise<void>
}

export interface PermissionUse {
  readonly plugin: string
  readonly permission: string
  /** ISO 8601. */
  readonly lastAt: string
}

export interface PermissionUseStore {
  /** The last use of each permission, ISO 8601, by name. */
  of(id: string): Promise<ReadonlyMap<string, string>>
  note(uses: readonly PermissionUse[]): Promise<void>
}

/** A device, as plugged in again it is the same: by its serial number, or any of its product where it has none. */
export interface DeviceChoice {
  readonly vendorId: number
  readonly productId: number
  readonly serialNumber: string | null
}

export interface DeviceChoices {
  /** In the order of preference. */
  of(pluginId: string): Promise<readonly DeviceChoice[]>
  /** Rejects with PLUGIN_UNKNOWN. */
  set(pluginId: string, choices: readonly DeviceChoice[], audit: Audit): Promise<void>
}

/** The ids of a plugin and of the one that takes its place. */
export interface Replacement {
  readonly from: string
  readonly to: string
}

export interface Replacements {
  /** The settings that the new plugin would have. Rejects with SECRETS_KEY_UNUSABLE. */
  carried(replacement: Replacement): Promise<readonly SettingRecord[]>
  /**
   * Carries the settings, changes the new installation and deletes the old one, with audit rows of both, in one transaction.
   * Rejects with PLUGIN_UNKNOWN, STATE_CONFLICT, SECRETS_KEY_UNUSABLE.
   */
  replace(replacement: Replacement, change: InstallationChange, audit: Audit): Promise<InstallationRecord>
  /** Plugins that were replaced, and not installed since. */
  list(): Promise<readonly { readonly id: string; readonly by: string }[]>
  /** Installed plugins whose newest release asks to replace this id. */
  claimants(id: string): Promise<readonly string[]>
}

export interface RotateOptions {
  /** Make a new key although secrets cannot be read with the old one; they stay in the store. */
  readonly acceptLoss?: boolean
}

export interface Rotation {
  /** Number of secrets that the new key has sealed. */
  readonly rotated: number
  /** Secrets that could not be read before, and cannot now. */
  readonly unreadable: readonly { readonly pluginId: string; readonly key: string }[]
}

export interface Secrets {
  /**
   * Makes a new key and seals every secret with it; the old key is dropped. A crash at any moment leaves every secret readable.
   * Rejects with SECRETS_KEY_UNUSABLE when some cannot be read, unless that is accepted.
   */
  rotate(options: RotateOptions, audit: Audit): Promise<Rotation>
}

export interface Quarantines {
  get(pluginId: string): Promise<QuarantineRecord | undefined>
  /** Replaces an earlier record. Rejects with PLUGIN_UNKNOWN. */
  put(record: QuarantineRecord, audit: Audit): Promise<void>
  remove(pluginId: string): Promise<void>
}

export interface AuditLog {
  append(subject: string, audit: Audit): Promise<void>
  /** Newest first. */
  list(query: PageQuery & { readonly subject?: string }): Promise<Page<AuditEntry>>
}

/** A token that was presented, with what it may have at most: the permissions of each user whom it rests on. */
export interface FoundToken extends Token {
  readonly within: readonly (readonly string[])[]
}

/** A token, found through a browser session that was made from it. */
export interface SessionToken extends FoundToken {
  readonly session: { readonly id: string; readonly expiresAtMs: number }
}

/** A credential that was taken back; one that expires is not reported. */
export interface EndedCredential {
  /** `user`: every session of the user. */
  readonly kind: 'token' | 'session' | 'user'
  readonly id: string
}

export interface Principals extends Accounts {
  users(query: PageQuery): Promise<Page<User>>
  /** Rejects with STATE_CONFLICT when the name is taken. */
  addUser(
    user: { readonly name: string; readonly permissions: readonly string[] },
    audit: Audit,
  ): Promise<User>
  removeUser(id: string, audit: Audit): Promise<boolean>
  tokens(query: PageQuery): Promise<Page<Token>>
  /** `token` is the secret ("pbt_…", 256 random bits, base64url): shown once, stored as its SHA-256. */
  addToken(
    token: {
      readonly name: string
      readonly permissions: readonly string[]
      readonly userId?: string
      readonly expiresAt?: string
    },
    audit: Audit,
  ): Promise<{ readonly record: Token; readonly token: string }>
  /**
   * Stores the hash of a secret from outside (the admin token). Replaces a different one of the same name, and keeps an equal
   * one.
   */
  putToken(
    token: { readonly name: string; readonly permissions: readonly string[]; readonly secret: string },
    audit: Audit,
  ): Promise<Token>
  removeToken(id: string, audit: Audit): Promise<boolean>
  /** Looks the secret up by its hash; undefined for an unknown or expired one, and for one that rests on a disabled user. */
  findToken(secret: string): Promise<FoundToken | undefined>
  /** Browser sessions: created from a token, and ended with it. The returned secret goes into the cookie. */
  addSession(tokenId: string, ttlMs: number): Promise<string>
  findSession(secret: string): Promise<SessionToken | undefined>
  /** Of a token or of a user. */
  removeSession(secret: string): Promise<void>
  /**
   * Calls `listener`, which must not throw, for every credential that a change has ended, before that change resolves.
   * Returns the function that unsubscribes.
   */
  onEnded(listener: (ended: EndedCredential) => void): () => void
}

export interface Artifacts {
  /**
   * Flushes everything below the staging folder to disk and gives it its name; resolves with its path.
   * An artifact that exists already stays, and the staging folder is removed; a store that does not flush replaces it instead.
   * Publish before `catalog.addRelease`.
   */
  publishArtifact(stagingFolder: string, sha256: string): Promise<string>
  /** Removes an artifact that no release refers to. One that cannot be removed is left to the next sweep. */
  remove(sha256: string): Promise<void>
  /**
   * Removes everything in staging and the artifacts that no release refers to; resolves with the removed artifacts.
   * `openStore` has done it. Call it only while no package is being built.
   */
  sweep(): Promise<readonly string[]>
}

/** Every method rejects with a StoreError: see store-error.ts. */
export interface Store {
  /** Absolute path of the data folder. */
  readonly folder: string
  readonly catalog: Catalog
  readonly settings: SettingsStore
  readonly values: ValuesStore
  readonly initRuns: InitRuns
  readonly orders: OrderStore
  readonly menuTitles: MenuTitleStore
  readonly permissionUses: PermissionUseStore
  readonly deviceChoices: DeviceChoices
  readonly replacements: Replacements
  readonly secrets: Secrets
  readonly quarantines: Quarantines
  readonly audit: AuditLog
  readonly principals: Principals
  readonly tasks: TaskStore
  readonly deliveries: DeliveryStore
  /** The folders of artifacts, staging files and plugin data below `folder`. */
  readonly paths: StorePaths
  readonly artifacts: Artifacts
  /** Waits for running work, then unlocks the folder. Idempotent. */
  close(): Promise<void>
}

export interface StorePaths {
  /** `<data>/store.db`, an SQLite database. */
  readonly database: string
  /** `<data>/restore/`: what takes the place of the data at the next start; see database/pending-restore.ts. */
  readonly restore: string
  /**
   * `<data>/artifacts/<sha256>/`: complete before the name exists; then immutable, except for added compressed copies of its
   * files.
   */
  artifact(sha256: string): string
  readonly artifacts: string
  /** `<data>/staging/`: swept at start. */
  readonly staging: string
  /** `<data>/cache/`: compiled code, made by the runtime, safe to delete. */
  readonly cache: string
  /** `<data>/plugin-data/`: one folder per plugin, written by data processes only. */
  readonly pluginData: string
}
