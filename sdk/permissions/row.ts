// The fields of one permission. A new permission is one row of this form in permissions.ts.

import type { Kind } from './kind.ts'

export interface PermissionRow<Value = unknown> {
  readonly kind: Kind<Value>
  /** For authors: what the permission gives a plugin, and where. */
  readonly description: string
  /** For administrators. */
  readonly words: PermissionWords
  /**
   * `own-data`: it reaches only the plugin's own data, so a plugin with only such grants may share a process with others.
   * Everything that is not known to be harmless is `reaches-out`.
   */
  readonly sharing: 'own-data' | 'reaches-out'
  /** False: a manifest may request it, but this version does nothing for it yet. */
  readonly isActive: boolean
}

export interface PermissionWords {
  readonly title: string
  /** What the plugin can do with it. */
  readonly sentence: string
  /** What could go wrong. */
  readonly danger: string
  readonly risk: Risk
  readonly icon: 'storage' | 'clock' | 'network' | 'usb' | 'drive' | 'bell' | 'server' | 'key' | 'warning'
}

export type Risk = 'low' | 'medium' | 'high'

export type PermissionTable = Readonly<Record<string, PermissionRow>>

/** The sets of permissions of a table: requested by a manifest, and granted by an administrator. */
export type PermissionsOf<Table extends PermissionTable> = {
  readonly [Name in keyof Table]?: ValueOf<Table[Name]>
}

export type ValueOf<Row extends PermissionRow> = Row extends PermissionRow<infer Value> ? Value : never

/** The row of a name, which may come from anywhere. */
export function rowOf(name: string, table: PermissionTable): PermissionRow | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
