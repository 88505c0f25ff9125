// Describes sets of permissions for the people who grant them.
// Invariant: a permission that the table does not know is shown as high risk, never hidden.

import { PERMISSIONS, type Permissions } from './permissions.ts'
import { type PermissionRow, type PermissionTable, type PermissionWords, type Risk, rowOf } from './row.ts'

export interface AskedPermission {
  readonly name: string
  readonly words: PermissionWords
  /** Its pieces that can be named, such as origins and devices; empty without such pieces. */
  readonly details: readonly string[]
}

const ORDER: Readonly<Record<Risk, number>> = { high: 0, medium: 1, low: 2 }

/** Highest risk first. */
export function describePermissions(
  permissions: Permissions,
  table: PermissionTable = PERMISSIONS,
): readonly AskedPermission[] {
  return Object.entries(permissions)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => describe(name, value, rowOf(name, table)))
    .sort((a, b) => ORDER[a.words.risk] - ORDER[b.words.risk])
}

/** One line for a terminal, such as `kv, network (https://api.example.org)`. */
export function permissionLine(permissions: Permissions, table: PermissionTable = PERMISSIONS): string {
  return describePermissions(permissions, table)
    .map(({ name, details }) => (details.length === 0 ? name : `${name} (${details.join(', ')})`))
    .join(', ')
}

function describe(name: string, value: unknown, row: PermissionRow | undefined): AskedPermission {
  if (row === undefined) return { name, words: unknownWords(name), details: [] }
  const { kind, words } = row
  return {
    name,
    words: { ...words, ...kind.words?.(value) },
    details: kind
      .pieces(value)
      .map((piece) => kind.label(piece))
      .filter((label) => label !== ''),
  }
}

function unknownWords(name: string): PermissionWords {
  return {
    title: `"${name}"`,
    sentence: 'This version does not know this permission.',
    danger: 'Read what the server documents about it before you allow it.',
    risk: 'high',
    icon: 'warning',
  }
}
