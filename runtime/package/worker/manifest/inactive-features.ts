// Sections of a valid manifest that this version does not act on yet. The operator sees them; they are never silently ignored.

import type { Manifest } from '../../../../sdk/manifest/manifest.ts'
import { PERMISSIONS } from '../../../../sdk/permissions/permissions.ts'
import { type PermissionTable, rowOf } from '../../../../sdk/permissions/row.ts'

const ACTIVE_FIELDS: ReadonlySet<string> = new Set<keyof Manifest>([
  ...([
    '$schema',
    'manifestVersion',
    'id',
    'name',
    'version',
    'engines',
    'description',
    'author',
    'license',
  ] as const),
  ...([
    'homepage',
    'icon',
    'backend',
    'drain',
    'access',
    'frontend',
    'limits',
    'locales',
    'priority',
    'replaces',
    'settings',
    'settingDefaults',
    'settingAppends',
    'values',
    'templates',
  ] as const),
])

const ACTIVE_CONTRIBUTIONS: ReadonlySet<string> = new Set<keyof NonNullable<Manifest['contributes']>>([
  'actions',
  'bundles',
  'hooks',
  'init',
  'patches',
  'images',
  'menus',
  'pages',
  'tasks',
  'slots',
])

/** Names such as "permissions.database", "contributes.tasks" and "templates", in the order of the manifest. */
export function notYetActive(manifest: Manifest, table: PermissionTable = PERMISSIONS): string[] {
  return Object.keys(manifest).flatMap((field) => {
    if (ACTIVE_FIELDS.has(field)) return []
    if (field === 'permissions') {
      return Object.keys(manifest.permissions ?? {})
        .filter((name) => rowOf(name, table)?.isActive !== true)
        .map((name) => `permissions.${name}`)
    }
    if (field === 'contributes')
      return Object.keys(manifest.contributes ?? {})
        .filter((name) => !ACTIVE_CONTRIBUTIONS.has(name))
        .map((name) => `contributes.${name}`)
    return [field]
  })
}
