// Users, tokens and browser sessions, joined into one part of the store.

import type { Engine } from './database/engine.ts'
import { createSignIn, type SignInOptions } from './sign-in.ts'
import type { Principals } from './store.ts'
import { createTokens } from './tokens.ts'
import { createUsers } from './users.ts'

export function createPrincipals(engine: Engine, options: SignInOptions): Principals {
  return {
    ...createUsers(engine, options.now),
    ...createTokens(engine, options.now),
    ...createSignIn(engine, options),
  }
}
