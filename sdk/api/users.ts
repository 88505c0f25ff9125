// Users: the names that tokens and audit entries refer to.

import { Type } from '../schema.ts'
import { PermissionStrings } from './access.ts'
import { STRICT, Text, Time, type TypeOf } from './shape.ts'

/** The name of a user or a token. */
export const Name = Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000-\\u001f\\u007f]+$' })

/** The parameters of paths that end with the id of a user or a token. */
export const RecordParams = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,100}$' }) }, STRICT)

export const User = Type.Object(
  { id: Text, name: Text, permissions: Type.Array(Text), createdAt: Time },
  STRICT,
)
export type User = TypeOf<typeof User>

export const UserRequest = Type.Object({ name: Name, permissions: PermissionStrings }, STRICT)
export type UserRequest = TypeOf<typeof UserRequest>
