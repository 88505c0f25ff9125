// Users, tokens and browser sessions, joined into one part of the store.

import { createAccounts } from './create-accounts.ts'
import type { Engine } from './database/engine.ts'
import { createSignIn, type SignInOptions } from './sign-in.ts'
import type { EndedCredential, Principals } from './store.ts'
import { createTokens } from './tokens.ts'
import { createUsers } from './users.ts'

export function createPrincipals(engine: Engine, options: Omit<SignInOptions, 'onEnded'>): Principals {
  const listeners = new Set<(ended: EndedCredential) => void>()
  const onEnded = (kind: EndedCredential['kind'], ids: readonly string[]): void => {
    for (const id of ids) for (const listener of listeners) listener({ kind, id })
  }
  const parts = { ...options, onEnded }
  return {
    ...createUsers(engine, parts),
    ...createTokens(engine, parts),
    ...createSignIn(engine, parts),
    ...createAccounts(engine, parts),
    onEnded(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
