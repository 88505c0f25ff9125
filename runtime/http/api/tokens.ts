// Tokens: the credentials of programs and browsers.
// Invariant: a token is shown once, and has at most the permissions of its creator and its user.

import type { Principals } from '../../../plugin-store/store.ts'
import { listOf, PageQuery } from '../../../sdk/api/lists.ts'
import { NewToken, Token, TokenRequest } from '../../../sdk/api/tokens.ts'
import { RecordParams } from '../../../sdk/api/users.ts'
import { holds } from '../../../sdk/permissions/permission-strings.ts'
import { PlugbayError } from '../../errors.ts'
import { requireAtLeast } from './delegation.ts'
import { everyItem } from './lists.ts'
import { defineRoute } from './route.ts'

const MANAGED = { tag: 'tokens', permission: 'users.manage' } as const

export const tokenRoutes = [
  defineRoute({
    ...MANAGED,
    method: 'GET',
    path: '/tokens',
    operationId: 'listTokens',
    summary: 'List tokens, without their secrets',
    query: PageQuery,
    responses: {
      200: { description: 'Tokens, in the order in which they were made', schema: listOf(Token) },
    },
    async handle({ query, services }) {
      return { status: 200, json: await services.store.principals.tokens(query) }
    },
  }),
  defineRoute({
    ...MANAGED,
    method: 'POST',
    path: '/tokens',
    operationId: 'addToken',
    summary: 'Make a token',
    body: TokenRequest,
    responses: { 201: { description: 'The token, with its secret', schema: NewToken } },
    errors: ['FORBIDDEN', 'STATE_CONFLICT'],
    async handle({ body, principal, actor, services }) {
      const { principals } = services.store
      requireAtLeast(principal, body.permissions)
      if (body.userId !== undefined) await requireWithinUser(principals, body.userId, body.permissions)
      if (body.expiresAt !== undefined && Date.parse(body.expiresAt) <= Date.now()) {
        throw new PlugbayError('BAD_REQUEST', `"expiresAt" is "${body.expiresAt}", which has passed`)
      }
      const { record, token } = await principals.addToken(body, { actor, action: 'token.create' })
      return { status: 201, json: { ...record, token } }
    },
  }),
  defineRoute({
    ...MANAGED,
    method: 'DELETE',
    path: '/tokens/:id',
    operationId: 'removeToken',
    summary: 'Remove a token, with the sessions made from it',
    params: RecordParams,
    responses: { 204: { description: 'Removed' } },
    errors: ['NOT_FOUND', 'FORBIDDEN'],
    async handle({ params, principal, actor, services }) {
      const { principals } = services.store
      for await (const token of everyItem((query) => principals.tokens(query))) {
        if (token.id === params.id) requireAtLeast(principal, token.permissions)
      }
      const removed = await principals.removeToken(params.id, { actor, action: 'token.remove' })
      if (!removed) throw new PlugbayError('NOT_FOUND', `There is no token "${params.id}"`)
      return { status: 204 }
    },
  }),
]

async function requireWithinUser(
  principals: Principals,
  userId: string,
  permissions: readonly string[],
): Promise<void> {
  for await (const user of everyItem((query) => principals.users(query))) {
    if (user.id !== userId) continue
    const missing = permissions.find((each) => !holds(user.permissions, each))
    if (missing === undefined) return
    throw new PlugbayError('FORBIDDEN', `The user "${user.name}" does not hold "${missing}"`)
  }
  throw new PlugbayError('BAD_REQUEST', `There is no user "${userId}"`)
}
