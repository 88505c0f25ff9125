// Who changes what: written to the audit log with every change.

/**
 * Who changes something: by a token of the store, or as a user of it who has signed in; both must still be valid when the change is
 * written. A name alone is for the system, and for users whom an embedding application vouches for.
 */
export type Actor =
  | string
  | { readonly name: string; readonly token: string; readonly user?: undefined }
  | { readonly name: string; readonly user: string; readonly token?: undefined }

/** The audit entry to write together with the change. Rejects with UNAUTHENTICATED when the actor's token or user has ended. */
export interface Audit {
  readonly actor: Actor
  readonly action: string
  readonly detail?: Readonly<Record<string, unknown>>
}
