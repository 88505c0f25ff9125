// The records that the store remembers, as plain data. Users, tokens and audit entries are as the admin API shows them.

import type { Access } from '../sdk/api/access.ts'
import type { Manifest } from '../sdk/manifest/manifest.ts'
import type { Permissions } from '../sdk/permissions/permissions.ts'

export interface ReleaseRecord {
  readonly pluginId: string
  readonly version: string
  /** Content hash of the artifact: hex SHA-256. */
  readonly sha256: string
  /** As it was validated when the package was installed. */
  readonly manifest: Manifest
  /** ISO 8601. */
  readonly installedAt: string
}

/** How far a plugin has come, by what its backend was told: nothing, that it is installed, that it is enabled too. */
export type LifecycleStage = 'new' | 'installed' | 'enabled'

export interface InstallationRecord {
  readonly id: string
  /** What the user wants. */
  readonly enabled: boolean
  /** The release that should serve; null while the first one waits for approval. */
  readonly activeVersion: string | null
  /** A release that waits for approval of its permissions. */
  readonly candidateVersion: string | null
  /** What an administrator granted: never wider than what the active or candidate release asks. */
  readonly grants: Permissions
  /** The asked permissions that an administrator has decided on; a release that asks for more waits. */
  readonly reviewed: Permissions
  /** The operator's tightening of the manifest's "access"; null leaves the manifest's. */
  readonly access: Access | null
  readonly lifecycle: LifecycleStage
  readonly createdAt: string
  readonly updatedAt: string
}

/** A plugin that was stopped after too many failures. */
export interface QuarantineRecord {
  readonly pluginId: string
  /** The release that failed; another one is not concerned. */
  readonly version: string
  /** As the runtime put it together, as JSON. */
  readonly evidence: Readonly<Record<string, unknown>>
}

export interface SettingRecord {
  readonly pluginId: string
  readonly key: string
  readonly value: unknown
}
