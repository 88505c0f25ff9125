// Identifies the client: by bearer token, by browser session, or by the embedding application — in this order.
// Invariant: a token that was presented and is wrong never falls back to another credential, and is counted.

import type { Principals } from '../../../plugin-store/store.ts'
import type { Token } from '../../../sdk/api/tokens.ts'
import { PlugbayError } from '../../errors.ts'
import type { Principal } from '../../permissions/principal.ts'
import { clientAddress, type SourceConfig } from '../server/request-source.ts'
import type { FailedAttempts } from './failed-attempts.ts'
import { readSessionCookie } from './session-cookie.ts'

/** Why the application is asked to identify a client: for the admin API, or for a page or the backend of a plugin. */
export type Purpose = { readonly for: 'admin' } | { readonly for: 'visit'; readonly plugin: string }

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
   * @param peer the other end of the connection, for the limit of failed attempts
   * @throws PlugbayError UNAUTHENTICATED for a wrong token, TOO_MANY_ATTEMPTS
   */
  identify(request: Request, peer: string | undefined): Promise<Identity | null>
  /**
   * Identifies a visitor of a plugin: as `identify`, but an Authorization that is not one of our tokens belongs to the plugin
   * and says nothing of the visitor; a wrong token of ours makes a stranger.
   * @throws PlugbayError TOO_MANY_ATTEMPTS
   */
  visitor(
    request: Request,
    visit: { readonly plugin: string; readonly peer: string | undefined },
  ): Promise<Principal | null>
  /**
   * Resolves with what `find` finds for a secret at sign-in; finding nothing counts as a failed attempt.
   * @throws PlugbayError UNAUTHENTICATED, TOO_MANY_ATTEMPTS
   */
  signIn<T>(request: Request, peer: string | undefined, find: () => Promise<T | undefined>): Promise<T>
}

export interface AuthenticatorOptions {
  readonly principals: Pick<Principals, 'findToken' | 'findSession'>
  readonly config: SourceConfig
  readonly attempts: FailedAttempts
  readonly application?: Authenticate
}

const ADMIN: Purpose = { for: 'admin' }
const TOKEN_PREFIX = 'pbt_'
/** Visible characters: an operator may have chosen the admin token. A second header, joined by a comma, is not a token. */
const TOKEN = /^[!-+\--~]{1,512}$/

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { principals, config, attempts, application } = options

  async function guarded<T>(
    request: Request,
    peer: string | undefined,
    find: () => Promise<T | undefined>,
  ): Promise<T> {
    const address = clientAddress(request, peer, config)
    attempts.check(address)
    const found = await find()
    if (found !== undefined) return found
    attempts.record(address)
    throw new PlugbayError('UNAUTHENTICATED')
  }

  async function byToken(request: Request, peer: string | undefined, secret: string): Promise<Identity> {
    const token = await guarded(request, peer, async () =>
      TOKEN.test(secret) ? principals.findToken(secret) : undefined,
    )
    return { principal: toPrincipal(token), by: 'token' }
  }

  async function withoutToken(request: Request, purpose: Purpose): Promise<Identity | null> {
    const session = readSessionCookie(request, config)
    // Browsers send expired cookies by themselves, so this does not count as an attempt.
    const token = session === undefined ? undefined : await principals.findSession(session)
    if (token !== undefined) return { principal: toPrincipal(token), by: 'session' }
    return byApplication(request, purpose)
  }

  async function byApplication(request: Request, purpose: Purpose): Promise<Identity | null> {
    const principal = (await application?.(request, purpose)) ?? null
    return principal && { principal: { ...principal, kind: 'application' }, by: 'application' }
  }

  return {
    async identify(request, peer) {
      const bearer = bearerOf(request)
      if (bearer === undefined) return withoutToken(request, ADMIN)
      // A bearer of another kind may be the application's, or a configured admin token.
      const vouched = bearer.startsWith(TOKEN_PREFIX) ? null : await byApplication(request, ADMIN)
      return vouched ?? byToken(request, peer, bearer)
    },

    async visitor(request, { plugin, peer }) {
      const bearer = bearerOf(request)
      if (bearer === undefined || !bearer.startsWith(TOKEN_PREFIX)) {
        return (await withoutToken(request, { for: 'visit', plugin }))?.principal ?? null
      }
      try {
        return (await byToken(request, peer, bearer)).principal
      } catch (error) {
        if (error instanceof PlugbayError && error.code === 'UNAUTHENTICATED') return null
        throw error
      }
    },

    signIn: guarded,
  }
}

/** The value after "Bearer", in any form; undefined for another scheme. */
function bearerOf(request: Request): string | undefined {
  const header = request.headers.get('authorization')
  const match = header === null ? null : /^bearer(?: +(.*))?$/i.exec(header)
  return match === null ? undefined : (match[1] ?? '')
}

function toPrincipal(token: Token): Principal {
  return { name: token.name, permissions: token.permissions, kind: token.userId === null ? 'token' : 'user' }
}
