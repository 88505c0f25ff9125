// Signing in and out of the admin page.
// Invariant: tokens and codes travel in bodies only, and the resulting cookie never has more rights than the token.

import { Session, SignInRequest } from '../../../sdk/api/session.ts'
import { PlugbayError } from '../../errors.ts'
import { readSessionCookie, SESSION_TTL_MS, sessionCookie } from '../identity/session-cookie.ts'
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
    async handle({ principal }) {
      if (principal === null) throw new PlugbayError('UNAUTHENTICATED')
      return { status: 200, json: { name: principal.name, permissions: principal.permissions } }
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
]
