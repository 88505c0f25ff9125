// Who may do what: the permission strings of people and programs, and who reaches a plugin.

import { Type } from '../schema.ts'
import { orNull, type TypeOf } from './shape.ts'

/** "plugins.manage", "plugins.*", "*". What they mean is said in runtime/permissions/permission-strings.ts. */
export const PERMISSION_STRING = '^(\\*|[a-zA-Z][a-zA-Z0-9_-]*(\\.[a-zA-Z][a-zA-Z0-9_-]*)*(\\.\\*)?)$'

export const PermissionStrings = Type.Array(Type.String({ pattern: PERMISSION_STRING, maxLength: 100 }), {
  maxItems: 100,
})

export const Access = Type.Union([Type.Literal('public'), Type.Literal('user'), PermissionStrings], {
  description: 'Anyone, any signed-in user, or holders of every listed permission',
})
/** Who reaches a plugin's API and pages: anyone, any signed-in user, or holders of every listed permission. */
export type Access = TypeOf<typeof Access>

/** null returns to what the manifest says. */
export const AccessRequest = orNull(Access)
