// Access control: permission strings of users and tokens, and the audience of a plugin.

import { Type } from '../schema.ts'
import { orNull, type TypeOf } from './shape.ts'

/** "plugins.manage", "plugins.*", "*". permission-strings.ts of sdk/permissions defines their meaning. */
export const PERMISSION_STRING = '^(\\*|[a-zA-Z][a-zA-Z0-9_-]*(\\.[a-zA-Z][a-zA-Z0-9_-]*)*(\\.\\*)?)$'

export const PermissionStrings = Type.Array(Type.String({ pattern: PERMISSION_STRING, maxLength: 100 }), {
  maxItems: 100,
})

export const Access = Type.Union([Type.Literal('public'), Type.Literal('user'), PermissionStrings], {
  description: 'Anyone, any signed-in user, or holders of every listed permission',
})
/** The audience of a plugin's API and pages: everyone, every signed-in user, or holders of all listed permissions. */
export type Access = TypeOf<typeof Access>

/** null restores the manifest's value. */
export const AccessRequest = orNull(Access)
