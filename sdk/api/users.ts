// Users: the names that tokens and audit entries refer to.

import { Type } from '../schema.ts'
import { PermissionStrings } from './access.ts'
import { orNull, STRICT, Text, Time, type TypeOf } from './shape.ts'

/** The name of a user or a token. */
export const Name = Type.String({ minLength: 1, maxLength: 100, pattern: '^[^\\u0000-\\u001f\\u007f]+$' })

/** The parameters of paths that end with the id of a user or a token. */
export const RecordParams = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9_-]{1,100}$' }) }, STRICT)

export const User = Type.Object(
  {
    id: Text,
    name: Text,
    permissions: Type.Array(Text),
    createdAt: Time,
    disabled: Type.Boolean({ description: 'Whether it cannot sign in, and its tokens do not work' }),
    hasPassword: Type.Boolean({ description: 'Whether a password is set' }),
  },
  STRICT,
)
export type User = TypeOf<typeof User>

export const UserRequest = Type.Object({ name: Name, permissions: PermissionStrings }, STRICT)
export type UserRequest = TypeOf<typeof UserRequest>

/** What is absent stays. */
export const UserChange = Type.Object(
  { permissions: Type.Optional(PermissionStrings), disabled: Type.Optional(Type.Boolean()) },
  STRICT,
)
export type UserChange = TypeOf<typeof UserChange>

export const PasswordLink = Type.Object(
  {
    kind: Type.Union([Type.Literal('invite'), Type.Literal('reset')]),
    name: Type.String({ description: 'Whose password it sets' }),
    path: Type.String({
      description:
        'Of the page, below the address and the base path of the server, with the secret: shown this once',
    }),
    expiresAt: Time,
    publicUrl: orNull(Type.String({ description: 'The address of the server, as far as it knows it' })),
  },
  STRICT,
)
/** A link by which a user sets a password, once. */
export type PasswordLink = TypeOf<typeof PasswordLink>
