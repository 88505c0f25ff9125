// The interface of the whole store: everything that the runtime must remember.
// Invariant: a change and its audit row are one transaction; a reader never sees half of one.

import type { Access } from '../sdk/api/access.ts'
import type { AuditEntry } from '../sdk/api/audit.ts'
import type { Page, PageQuery } from '../sdk/api/lists.ts'
import type { Token } from '../sdk/api/tokens.ts'
import type { User } from '../sdk/api/users.ts'
import type { Permissions } from '../sdk/permissions/permissions.ts'
import type {
  InstallationRecord,
  LifecycleStage,
  QuarantineRecord,
  ReleaseRecord,
  SettingRecord,
} from './records.ts'

/** The audit entry to write together with the change. */
export interface Audit {
  readonly actor: string
  readonly action: string
  readonly detail?: Readonly<Record<string, unknown>>
}

export interface InstallationChange {
  readonly enabled?: boolean
  readonly activeVersion?: string | null
  readonly candidateVersion?: string | null
  readonly grants?: Permissions
  readonly reviewed?: Permissions
  readonly access?: Access | null
  readonly lifecycle?: LifecycleStage
}

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
  /** Records which lifecycle handlers have run. Not an administrative change, so not audited. Rejects with PLUGIN_UNKNOWN. */
  reach(id: string, stage: LifecycleStage): Promise<InstallationRecord>
  /**
   * Deletes all releases but the active one, the candidate and the `keep` newest. Resolves with the artifacts that no release
   * refers to any more.
   */
  forgetReleases(id: string, keep: number): Promise<readonly string[]>
  /**
   * Deletes the installation, its releases and its settings. Rejects with PLUGIN_UNKNOWN. Samples stay away: see
   * `wasUninstalled`.
   */
  remove(id: string, audit: Audit): Promise<void>
  /** True when an installation of this id was removed and never installed again. */
  wasUninstalled(id: string): Promise<boolean>
  /** Every artifact that some release refers to. */
  artifactsInUse(): Promise<ReadonlySet<string>>
}

export interface SettingsStore {
  get(pluginId: string): Promise<readonly SettingRecord[]>
  /** Undefined as a value deletes the row. Rejects with PLUGIN_UNKNOWN. */
  set(pluginId: string, values: Readonly<Record<string, unknown>>, audit: Audit): Promise<void>
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

export interface Principals {
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
  /** Looks the secret up by its hash; undefined for an unknown or expired one. */
  findToken(secret: string): Promise<Token | undefined>
  /** Browser sessions: created from a token, and ended with it. The returned secret goes into the cookie. */
  addSession(tokenId: string, ttlMs: number): Promise<string>
  findSession(secret: string): Promise<Token | undefined>
  removeSession(secret: string): Promise<void>
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
  readonly quarantines: Quarantines
  readonly audit: AuditLog
  readonly principals: Principals
  /** The folders of artifacts, staging files and plugin data below `folder`. */
  readonly paths: StorePaths
  readonly artifacts: Artifacts
  /** Waits for running work, then unlocks the folder. Idempotent. */
  close(): Promise<void>
}

export interface StorePaths {
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
