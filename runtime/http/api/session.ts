// Signing in and out of the admin page.
// Invariant: tokens and codes travel in bodies only, and the resulting cookie never has more rights than the token.

import type { Principals } from '../../../plugin-store/store.ts'
import { Link, LinkRequest, Session, SignInRequest } from '../../../sdk/api/session.ts'
import type { Token } from '../../../sdk/api/tokens.ts'
import { mainOrigin } from '../../config/public-urls.ts'
import { PlugbayError } from '../../errors.ts'
import { authorize } from '../../permissions/authorize.ts'
import { tokenOf } from '../identity/authenticate.ts'
import { readSessionCookie, SESSION_TTL_MS, sessionCookie } from '../identity/session-cookie.ts'
import { CODE_LIFETIME_MS } from '../identity/sign-in-codes.ts'
import { requireAtLeast } from './delegation.ts'
import { everyItem } from './lists.ts'
import { defineRoute } from './route.ts'

export const sessionRoutes = [
  defineRoute({
    method: 'POST',
    path: '/session',
    operationId: 'signIn',
    summary: 'Sign in with a token or a one-time code',
    tag: 'session',
    permission: 'anyone',
    body: SignInRequest,
    responses: { 204: { description: 'Signed in', headers: { 'Set-Cookie': 'The session cookie' } } },
    errors: ['UNAUTHENTICATED', 'TOO_MANY_ATTEMPTS'],
    async handle({ body, request, peer, services }) {
      const { authenticator, config, signInCodes, store } = services
      const [kind, given] = 'code' in body ? (['code', body.code] as const) : (['token', body.token] as const)
      const found =
        kind === 'code' ? signInCodes.redeem(given) : (await store.principals.findToken(given))?.id
      const tokenId = authenticator.signIn(found, { request, peer, kind, secret: given })
      const secret = await store.principals.addSession(tokenId, SESSION_TTL_MS)
      const token = await store.principals.findSession(secret)
      if (token === undefined) throw new PlugbayError('UNAUTHENTICATED')
      await store.audit.append(token.id, {
        actor: { name: token.name, token: token.id },
        action: 'session.create',
        detail: { by: kind },
      })
      return { status: 204, headers: { 'set-cookie': sessionCookie(request, config, secret) } }
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/session',
    operationId: 'getSession',
    summary: 'Who is signed in',
    tag: 'session',
    permission: 'signed-in',
    responses: { 200: { description: 'The principal', schema: Session } },
    async handle({ principal, services }) {
      if (principal === null) throw new PlugbayError('UNAUTHENTICATED')
      const { name, permissions } = principal
      return {
        status: 200,
        json: { name, permissions, ...(services.recorder !== undefined && { isDevelopment: true }) },
      }
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/session',
    operationId: 'signOut',
    summary: 'Sign out',
    tag: 'session',
    permission: 'anyone',
    responses: { 204: { description: 'Signed out; there may have been no session' } },
    async handle({ request, services }) {
      const secret = readSessionCookie(request, services.config)
      if (secret !== undefined) await services.store.principals.removeSession(secret)
      return { status: 204, headers: { 'set-cookie': sessionCookie(request, services.config, '') } }
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/session/link',
    operationId: 'makeLink',
    summary: 'Make a one-time code that opens the admin page signed in',
    tag: 'session',
    permission: 'signed-in',
    body: LinkRequest,
    responses: { 201: { description: 'The code, for ten minutes', schema: Link } },
    errors: ['NOT_FOUND', 'FORBIDDEN'],
    async handle({ body, principal, actor, path, services }) {
      const { config, signInCodes, store } = services
      const own = tokenOf(principal?.basis)
      const id = body.tokenId ?? own
      if (id === undefined)
        throw new PlugbayError('FORBIDDEN', 'Who signs in without a token has none to make a link for')
      const token = await tokenWith(store.principals, id)
      if (id !== own) {
        authorize(principal, 'users.manage')
        requireAtLeast(principal, token.permissions)
      }
      await store.audit.append(id, { actor, action: 'session.link', detail: { name: token.name } })
      const { name } = token
      const code = signInCodes.issue(id)
      const origin = mainOrigin(config)
      const publicUrl = origin === null ? null : origin + path.slice(0, path.lastIndexOf('/api/v1/'))
      return { status: 201, json: { code, name, expiresInSeconds: CODE_LIFETIME_MS / 1000, publicUrl } }
    },
  }),
]

async function tokenWith(principals: Principals, id: string): Promise<Token> {
  for await (const token of everyItem((query) => principals.tokens(query))) if (token.id === id) return token
  throw new PlugbayError('NOT_FOUND', `There is no token "${id}"`)
}
