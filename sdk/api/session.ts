// Signing in to the admin page.

import { Type } from '../schema.ts'
import { orNull, STRICT, Text, type TypeOf } from './shape.ts'

const Secret = Type.String({ minLength: 1, maxLength: 512 })

/** A token, or a one-time code. */
export const SignInRequest = Type.Union([
  Type.Object({ token: Secret }, STRICT),
  Type.Object({ code: Secret }, STRICT),
])
export type SignInRequest = TypeOf<typeof SignInRequest>

export const Session = Type.Object(
  {
    name: Text,
    permissions: Type.Array(Text),
    isDevelopment: Type.Optional(
      Type.Boolean({ description: 'The server is that of "plugbay dev": it records what plugins do' }),
    ),
  },
  STRICT,
)
/** The signed-in user. */
export type Session = TypeOf<typeof Session>

/** The token that the code signs in with; by default the one that the caller has. */
export const LinkRequest = Type.Object(
  { tokenId: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,100}$' })) },
  STRICT,
)
export type LinkRequest = TypeOf<typeof LinkRequest>

export const Link = Type.Object(
  {
    code: Type.String({ description: 'Signs in once: POST /session, or /admin/#code=…' }),
    name: Type.String({ description: 'Whom it signs in' }),
    expiresInSeconds: Type.Integer(),
    publicUrl: orNull(
      Type.String({ description: 'The address of the server with its base path, as far as it knows it' }),
    ),
  },
  STRICT,
)
/** A one-time code that opens the admin page signed in. */
export type Link = TypeOf<typeof Link>
