// JSON Schemas of sets of permissions, one for manifests and one for grants, derived from the table.

import { Type } from '../schema.ts'
import type { JsonSchema } from './kind.ts'
import { PERMISSIONS, type Permissions } from './permissions.ts'
import type { PermissionTable } from './row.ts'

const PURPOSE = {
  asked: 'Permissions that the plugin asks for; an administrator grants all or part of them',
  granted: 'What a manifest asks, or what is granted of it',
} as const

/** The set that a manifest requests. */
export const permissionsSchema = Type.Unsafe<Permissions>(schemaOf(PERMISSIONS, 'asked'))

/** The set that an administrator grants. A list may be empty: nothing of it is granted. */
export const grantsSchema = Type.Unsafe<Permissions>(schemaOf(PERMISSIONS, 'granted'))

/** Plain JSON Schema of the sets of permissions of a table. */
export function schemaOf(table: PermissionTable, use: 'asked' | 'granted'): JsonSchema {
  const rows = Object.entries(table).map(([name, { kind, description }]) => [
    name,
    { ...kind.schema(use), description },
  ])
  return {
    type: 'object',
    properties: Object.fromEntries(rows),
    additionalProperties: false,
    description: PURPOSE[use],
  }
}
