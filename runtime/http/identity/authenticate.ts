// Identifies the client: by bearer token, by browser session, or by the embedding application — in this order.
// Invariant: a token that was presented and is wrong never falls back to another credential; one that is right is never refused
// because of wrong ones.

import type { UserSession } from '../../../plugin-store/accounts.ts'
import type { FoundToken, Principals, SessionToken } from '../../../plugin-store/store.ts'
import type { Token } from '../../../sdk/api/tokens.ts'
import { holds } from '../../../sdk/permissions/permission-strings.ts'
import { PlugbayError } from '../../errors.ts'
import type { Principal } from '../../permissions/principal.ts'
import type { Basis, Revocations } from '../../permissions/revocations.ts'
import { clientAddress } from '../server/request-source.ts'
import type { FailedAttempts } from './failed-attempts.ts'
import { readSessionCookie, type SessionConfig } from './session-cookie.ts'

/**
 * Why the application is asked to identify a client: for the admin API, for a page or the backend of a plugin, or for a page of its own that
 * asks what plugins add to it.
 */
export type Purpose =
  | { readonly for: 'admin' }
  | { readonly for: 'visit'; readonly plugin: string }
  | { readonly for: 'page' }

/** An embedding application's authenticator for its own users; null for a stranger. The request has no body. */
export type Authenticate = (request: Request, purpose: Purpose) => Promise<Principal | null>

export interface Identity {
  readonly principal: Principal
  /** `session` and `application` may rest on credentials that browsers send by themselves; `token` never does. */
  readonly by: 'token' | 'session' | 'application'
}

export interface Authenticator {
  /**
   * Identifies a client of the admin API. Null for a stranger.
   * @param peer the other end of the connection, for the count of failed attempts
   * @throws PlugbayError UNAUTHENTICATED for a wrong token, TOO_MANY_ATTEMPTS for one wrong token too many
   */
  identify(request: Request, peer: string | undefined): Promise<Identity | null>
  /** As `identify`, for a page of the application. */
  onPage(request: Request, peer: string | undefined): Promise<Identity | null>
  /**
   * Identifies a visitor of a plugin: as `identify`, but an Authorization that is not one of our tokens belongs to the plugin
   * and says nothing of the visitor; a wrong token of ours makes a stranger. Nothing is counted: a plugin's own page may send
   * what it likes in its visitor's name.
   */
  visitor(request: Request, plugin: string): Promise<Principal | null>
  /**
   * Signs in with what was found for a secret; nothing found counts as a failed attempt.
   * @throws PlugbayError UNAUTHENTICATED, TOO_MANY_ATTEMPTS
   */
  signIn<T>(found: T | undefined, attempt: Attempt): T
}

/** A secret that was presented to the admin API. */
export interface Attempt {
  readonly request: Request
  readonly peer: string | undefined
  readonly kind: 'token' | 'code'
  readonly secret: string
}

export interface AuthenticatorOptions {
  readonly principals: Pick<Principals, 'findToken' | 'findSession' | 'findUserSession'>
  readonly config: SessionConfig
  readonly attempts: FailedAttempts
  readonly revocations: Pick<Revocations, 'moment'>
  readonly application?: Authenticate
}

const ADMIN: Purpose = { for: 'admin' }
const PAGE: Purpose = { for: 'page' }
const TOKEN_PREFIX = 'pbt_'
const TOKEN_CREDENTIAL = 'token:'
const USER_CREDENTIAL = 'user:'
/** Visible characters: an operator may have chosen the admin token. A second header, joined by a comma, is not a token. */
const TOKEN = /^[!-+\--~]{1,512}$/
/** Made by the runtime, of 256 random bits: a wrong one is old, not a guess, and nothing of it is counted. */
const MADE = /^pbt_[A-Za-z0-9_-]{43}$/

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { principals, config, attempts, revocations, application } = options

  async function byToken(secret: string): Promise<Identity | undefined> {
    const since = revocations.moment
    const token = TOKEN.test(secret) ? await principals.findToken(secret) : undefined
    return token && { principal: toPrincipal(token, tokenBasis(token, since)), by: 'token' }
  }

  /** Looking up comes first: a count of failures must not stand between a right secret and its owner. */
  function found<T>(value: T | undefined, { request, peer, kind, secret }: Attempt): T {
    if (value !== undefined) return value
    if (!MADE.test(secret)) attempts.record(kind, clientAddress(request, peer, config))
    throw new PlugbayError('UNAUTHENTICATED')
  }

  async function withoutToken(request: Request, purpose: Purpose): Promise<Identity | null> {
    const session = readSessionCookie(request, config)
    // Browsers send expired cookies by themselves, so this does not count as an attempt.
    const since = revocations.moment
    const token = session === undefined ? undefined : await principals.findSession(session)
    if (token !== undefined)
      return { principal: toPrincipal(token, sessionBasis(token, since)), by: 'session' }
    const user = session === undefined ? undefined : await principals.findUserSession(session)
    if (user !== undefined) return { principal: ofUser(user, since), by: 'session' }
    return byApplication(request, purpose)
  }

  async function byApplication(request: Request, purpose: Purpose): Promise<Identity | null> {
    const since = revocations.moment
    const found = (await application?.(request, purpose)) ?? null
    if (found === null) return null
    const basis = { credentials: [applicationCredential(found.name)], since, until: null }
    return { principal: { ...found, kind: 'application', basis }, by: 'application' }
  }

  async function identify(
    request: Request,
    peer: string | undefined,
    purpose: Purpose,
  ): Promise<Identity | null> {
    const bearer = bearerOf(request)
    if (bearer === undefined) return withoutToken(request, purpose)
    // A bearer of another kind may be the application's, or a configured admin token.
    const vouched = bearer.startsWith(TOKEN_PREFIX) ? null : await byApplication(request, purpose)
    if (vouched !== null) return vouched
    return found(await byToken(bearer), { request, peer, kind: 'token', secret: bearer })
  }

  return {
    identify: (request, peer) => identify(request, peer, ADMIN),
    onPage: (request, peer) => identify(request, peer, PAGE),

    async visitor(request, plugin) {
      const bearer = bearerOf(request)
      const identity =
        bearer?.startsWith(TOKEN_PREFIX) === true
          ? await byToken(bearer)
          : await withoutToken(request, { for: 'visit', plugin })
      return identity?.principal ?? null
    },

    signIn: found,
  }
}

/** The value after "Bearer", in any form; undefined for another scheme. */
function bearerOf(request: Request): string | undefined {
  const header = request.headers.get('authorization')
  const match = header === null ? null : /^bearer(?: +(.*))?$/i.exec(header)
  return match === null ? undefined : (match[1] ?? '')
}

/** A user may have lost what a token of theirs was made with. */
function toPrincipal({ name, permissions, userId, within }: FoundToken, basis: Basis): Principal {
  const left = permissions.filter((each) => within.every((limit) => holds(limit, each)))
  return { name, permissions: left, kind: userId === null ? 'token' : 'user', basis }
}

function ofUser({ account, session }: UserSession, since: number): Principal {
  const { id, name, permissions } = account
  const basis = {
    credentials: [USER_CREDENTIAL + id, `session:${session.id}`],
    since,
    until: session.expiresAtMs,
  }
  return { name, permissions, kind: 'user', basis }
}

function tokenBasis({ id, expiresAt }: Token, since: number): Basis {
  return {
    credentials: [TOKEN_CREDENTIAL + id],
    since,
    until: expiresAt === null ? null : Date.parse(expiresAt),
  }
}

function sessionBasis(token: SessionToken, since: number): Basis {
  const { credentials, until } = tokenBasis(token, since)
  const { id, expiresAtMs } = token.session
  return {
    credentials: [...credentials, `session:${id}`],
    since,
    until: until === null ? expiresAtMs : Math.min(until, expiresAtMs),
  }
}

/** Id of the token that a principal rests on. */
export function tokenOf(basis: Basis | undefined): string | undefined {
  return idIn(basis, TOKEN_CREDENTIAL)
}

/** Id of the user who has signed in without a token. */
export function userOf(basis: Basis | undefined): string | undefined {
  return idIn(basis, USER_CREDENTIAL)
}

function idIn(basis: Basis | undefined, prefix: string): string | undefined {
  return basis?.credentials.find((each) => each.startsWith(prefix))?.slice(prefix.length)
}

/** The credential of a user for whom the embedding application vouches. */
export function applicationCredential(name: string): string {
  return `application:${name}`
}
