// The interface of what users sign in with: passwords, links to set one, users of an OpenID provider, sessions of their own.
// Invariant: no secret is kept, only its hash; what ends the sessions of a user also ends a sign-in that is under way.

import type { User } from '../sdk/api/users.ts'
import type { Audit } from './audit.ts'

/** A user, with what signing in needs. */
export interface Account {
  readonly id: string
  readonly name: string
  readonly permissions: readonly string[]
  readonly disabled: boolean
  /** Another one ends every session of the user, and every sign-in that began with this one. */
  readonly epoch: number
  /** null: no password is set. */
  readonly passwordHash: string | null
}

export interface UserSession {
  readonly account: Account
  readonly session: { readonly id: string; readonly expiresAtMs: number }
}

export type LinkKind = 'invite' | 'reset'

export interface NewPasswordLink {
  readonly kind: LinkKind
  readonly name: string
  readonly secret: string
  /** ISO 8601. */
  readonly expiresAt: string
}

/** A user of an OpenID provider. */
export interface ProviderIdentity {
  readonly issuer: string
  readonly subject: string
}

export interface FoundIdentity {
  readonly account: Account
  /** Whether the user was made by signing in, so that the provider says what it may do. */
  readonly isOfProvider: boolean
}

export interface Accounts {
  /** The user of this name, whatever the case of ASCII letters: the same work for any name. */
  accountNamed(name: string): Promise<Account | undefined>
  accountOf(userId: string): Promise<Account | undefined>
  /** Undefined for an unknown user. A disabled user loses sessions and links; tokens work again when it is enabled. */
  changeUser(
    id: string,
    change: { readonly permissions?: readonly string[]; readonly disabled?: boolean },
    audit: Audit,
  ): Promise<User | undefined>

  /**
   * The secret goes into the cookie. `detail` is for the audit log.
   * Rejects with UNAUTHENTICATED when the user was disabled, or its sessions were ended, since the account was read.
   */
  addUserSession(
    account: Pick<Account, 'id' | 'epoch'>,
    session: { readonly ttlMs: number; readonly detail: Readonly<Record<string, unknown>> },
  ): Promise<string>
  findUserSession(secret: string): Promise<UserSession | undefined>
  /** Signs the user out everywhere; false for an unknown user. */
  endUserSessions(userId: string, audit: Audit): Promise<boolean>

  /** Replaces the link of the user. Undefined for an unknown user; rejects with STATE_CONFLICT for a disabled one. */
  addPasswordLink(
    userId: string,
    ttlMs: Readonly<Record<LinkKind, number>>,
    audit: Omit<Audit, 'action'>,
  ): Promise<NewPasswordLink | undefined>
  /** Undefined for an unknown, used or expired link, and for that of a disabled user. */
  findPasswordLink(
    secret: string,
  ): Promise<{ readonly account: Account; readonly kind: LinkKind } | undefined>
  /** Uses the link up, and ends the sessions of the user and what its browsers are trusted with. Undefined as above. */
  setPasswordByLink(secret: string, passwordHash: string): Promise<Account | undefined>
  /** Ends the sessions of the user. Undefined when the account has changed since it was read. */
  changePassword(account: Account, passwordHash: string): Promise<Account | undefined>
  /** The same password with other parameters; does nothing when another one was set meanwhile. */
  rehashPassword(account: Account, passwordHash: string): Promise<void>

  findIdentity(identity: ProviderIdentity): Promise<FoundIdentity | undefined>
  /** Uses the link up: from now on this user of the provider is the user of the link. Undefined as for a password. */
  addIdentityByLink(secret: string, identity: ProviderIdentity): Promise<Account | undefined>
  /** Makes a user. Rejects with STATE_CONFLICT or BAD_REQUEST for a name that is taken or cannot be one. */
  addUserOfProvider(
    user: { readonly name: string; readonly permissions: readonly string[] },
    identity: ProviderIdentity,
  ): Promise<Account>

  /** Whether the user has signed in with this browser before. */
  knowsBrowser(secret: string, userId: string): Promise<boolean>
  /**
   * Trusts the browser with the user, under a new secret, which is returned: the former one may be known to others.
   * @param former what the browser has sent
   */
  trustBrowser(userId: string, former: string | undefined): Promise<string>
}
