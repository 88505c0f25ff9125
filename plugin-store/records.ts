// The records of the store, as plain data. Users, tokens and audit entries have the shapes of the admin API.

import type { Access } from '../sdk/api/access.ts'
import type { Problem } from '../sdk/api/problems.ts'
import type { Manifest } from '../sdk/manifest/manifest.ts'
import type { Text } from '../sdk/manifest/text.ts'
import type { Permissions } from '../sdk/permissions/permissions.ts'

export interface ReleaseRecord {
  readonly pluginId: string
  readonly version: string
  /** Content hash of the artifact: hex SHA-256. */
  readonly sha256: string
  /** The manifest that was validated when the package was installed. */
  readonly manifest: Manifest
  /** ISO 8601. */
  readonly installedAt: string
  /**
   * Its place among the releases that have served, the last one highest. Absent when it has not served, and when it was left for
   * an earlier one or put in quarantine: a rollback does not lead to it.
   */
  readonly served?: number
  /** What an administrator must have seen before it takes the place of a release that serves. */
  readonly doubt?: Problem
}

/** The lifecycle handlers of a plugin that have run: none, `install`, or `enable` too. */
export type LifecycleStage = 'new' | 'installed' | 'enabled'

export interface InstallationRecord {
  readonly id: string
  /** The state that the administrator wants. */
  readonly enabled: boolean
  /** The release to serve; null while the first one awaits approval. */
  readonly activeVersion: string | null
  /** A release that awaits approval of its permissions. */
  readonly candidateVersion: string | null
  /** The granted permissions: never wider than what the active or candidate release requests. */
  readonly grants: Permissions
  /** The requested permissions that an administrator has decided on; a release that requests more awaits approval. */
  readonly reviewed: Permissions
  /** The operator's restriction of the manifest's "access"; null keeps the manifest's. */
  readonly access: Access | null
  readonly lifecycle: LifecycleStage
  /** The version whose data is stored: the last one that served, or was to. null until the plugin has been installed once. */
  readonly dataVersion: string | null
  readonly createdAt: string
  readonly updatedAt: string
}

/** What is remembered of an uninstalled plugin. It has no releases, so no version is active. */
export interface RemovedRecord extends InstallationRecord {
  /** The audience that its last release asked for. */
  readonly accessAsked: Access
}

/** The operator's order of plugins at one extension point. */
export interface OrderRecord {
  /** "hooks", "menus", …; "settings" for the plugins that change settings of another plugin or of the application. */
  readonly kind: string
  /** Of the point; the id of the plugin or application whose settings are changed. */
  readonly name: string
  /** Ids, first to last. */
  readonly plugins: readonly string[]
}

/** An item of a plugin in a menu. */
export interface MenuItemPlace {
  readonly menu: string
  readonly plugin: string
  /** Its name in the manifest, else its path. */
  readonly item: string
}

/** The operator's title of an item. */
export interface MenuTitleRecord extends MenuItemPlace {
  readonly title: Text
}

/** A plugin that was stopped after too many failures. */
export interface QuarantineRecord {
  readonly pluginId: string
  /** The failed release; other releases are not affected. */
  readonly version: string
  /** The evidence that the runtime collected, as JSON. */
  readonly evidence: Readonly<Record<string, unknown>>
}

export interface SettingRecord {
  readonly pluginId: string
  readonly key: string
  /** Undefined for one that cannot be read. */
  readonly value: unknown
  /** Why a sealed value cannot be read. */
  readonly unreadable?: string
  /** It was stored as a secret. */
  readonly isSealed: boolean
}
