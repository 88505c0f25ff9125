// A principal: who asks the runtime for something, as far as the runtime knows.
// Invariant: a principal is made by an authenticator only, never from what a request says of itself.

export interface Principal {
  /** Shown to administrators and written to the audit log. */
  readonly name: string
  /** Permission strings: "plugins.manage", "plugins.*", "*". */
  readonly permissions: readonly string[]
  /** `user`: a token of a user; `token`: a token that stands for itself; `application`: vouched for by the embedding application. */
  readonly kind: 'user' | 'token' | 'application'
}
