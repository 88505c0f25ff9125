// Whether a plugin may share a process with others.

import { PERMISSIONS, type Permissions } from '../../sdk/permissions/permissions.ts'
import { type PermissionTable, rowOf } from '../../sdk/permissions/row.ts'

/** True when its grants reach nothing but the plugin's own data. */
export function mayShare(grants: Permissions, table: PermissionTable = PERMISSIONS): boolean {
  return Object.keys(grants).every((name) => rowOf(name, table)?.sharing === 'own-data')
}
