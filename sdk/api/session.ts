// Signing in to the admin page.

import { Type } from '../schema.ts'
import { STRICT, Text, type TypeOf } from './shape.ts'

const Secret = Type.String({ minLength: 1, maxLength: 512 })

/** A token, or a one-time code. */
export const SignInRequest = Type.Union([
  Type.Object({ token: Secret }, STRICT),
  Type.Object({ code: Secret }, STRICT),
])
export type SignInRequest = TypeOf<typeof SignInRequest>

export const Session = Type.Object({ name: Text, permissions: Type.Array(Text) }, STRICT)
/** The signed-in user. */
export type Session = TypeOf<typeof Session>
