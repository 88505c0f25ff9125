// Who sends the requests of a test: each may have a user and a language of its own.
// Invariant: who it is comes from the call of the test, never from what the request says.

import { AsyncLocalStorage } from 'node:async_hooks'
import type { Principal } from '../permissions/principal.ts'

export interface TestUser {
  readonly name: string
  /** Permission strings, such as "events.view"; none by default. */
  readonly permissions?: readonly string[]
}

export interface TestVisitor {
  /** Null for an anonymous visitor. */
  readonly user?: TestUser | null
  /** As the browser asks for it, and as the user has chosen it: "fr". */
  readonly language?: string
}

export class Visitors {
  readonly #asking = new AsyncLocalStorage<TestVisitor>()
  readonly #usual: TestVisitor

  constructor(usual: TestVisitor) {
    this.#usual = usual
  }

  /** The one given, with what is usual for what it leaves open. */
  of({ user = this.#usual.user, language = this.#usual.language }: TestVisitor): TestVisitor {
    return { user: user ?? null, ...(language !== undefined && { language }) }
  }

  /** Requests that `ask` sends are of that visitor. */
  as<T>(visitor: TestVisitor, ask: () => T): T {
    return this.#asking.run(visitor, ask)
  }

  current(): Principal | null {
    const { user, language } = this.#asking.getStore() ?? this.#usual
    if (user === null || user === undefined) return null
    const { name, permissions = [] } = user
    return { name, permissions, kind: 'application', ...(language !== undefined && { language }) }
  }
}
