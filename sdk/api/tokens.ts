// Tokens: the credentials of programs and browsers.

import { Type } from '../schema.ts'
import { PermissionStrings } from './access.ts'
import { orNull, STRICT, Text, Time, type TypeOf } from './shape.ts'
import { Name } from './users.ts'

export const Token = Type.Object(
  {
    id: Text,
    name: Text,
    permissions: Type.Array(Text),
    userId: orNull(Type.String({ description: 'The user that it belongs to; null: it stands for itself' })),
    createdAt: Time,
    expiresAt: orNull(Time),
    lastUsedAt: orNull(Time),
  },
  STRICT,
)
export type Token = TypeOf<typeof Token>

export const TokenRequest = Type.Object(
  {
    name: Name,
    permissions: PermissionStrings,
    userId: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
    expiresAt: Type.Optional(Time),
  },
  STRICT,
)
export type TokenRequest = TypeOf<typeof TokenRequest>

export const NewToken = Type.Object(
  { ...Token.properties, token: Type.String({ description: 'Shown this once' }) },
  STRICT,
)
export type NewToken = TypeOf<typeof NewToken>
