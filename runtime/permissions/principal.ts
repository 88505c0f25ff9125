// A principal: the authenticated originator of a request.
// Invariant: only an authenticator creates principals, never the content of a request.

import type { Basis } from './revocations.ts'

export interface Principal {
  /** Shown to administrators and written to the audit log. */
  readonly name: string
  /** Permission strings: "plugins.manage", "plugins.*", "*". */
  readonly permissions: readonly string[]
  /** `user`: a user who has signed in, or a token of one; `token`: a token on its own; `application`: vouched for by the embedding application. */
  readonly kind: 'user' | 'token' | 'application'
  /** The language that the user has chosen, as a BCP 47 tag. It counts before what the browser prefers. */
  readonly language?: string
  /** Set by the runtime: what ends the principal. */
  readonly basis?: Basis
}
