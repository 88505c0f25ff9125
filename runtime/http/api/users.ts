// Users: names with permissions, who sign in by themselves or by tokens.
// Invariant: a principal cannot create, change, remove or become a user with more permissions than its own.

import type { Principals } from '../../../plugin-store/store.ts'
import { listOf, PageQuery } from '../../../sdk/api/lists.ts'
import { Nothing } from '../../../sdk/api/shape.ts'
import { PasswordLink, RecordParams, User, UserChange, UserRequest } from '../../../sdk/api/users.ts'
import { mainOrigin } from '../../config/public-urls.ts'
import { PlugbayError } from '../../errors.ts'
import type { Principal } from '../../permissions/principal.ts'
import { requireAtLeast } from './delegation.ts'
import { defineRoute } from './route.ts'

const MANAGED = { tag: 'users', permission: 'users.manage' } as const

const DAY_MS = 86_400_000
const LINK_MS = { invite: 7 * DAY_MS, reset: DAY_MS } as const

export const userRoutes = [
  defineRoute({
    ...MANAGED,
    method: 'GET',
    path: '/users',
    operationId: 'listUsers',
    summary: 'List users',
    query: PageQuery,
    responses: { 200: { description: 'Users, in the order in which they were added', schema: listOf(User) } },
    async handle({ query, services }) {
      return { status: 200, json: await services.store.principals.users(query) }
    },
  }),
  defineRoute({
    ...MANAGED,
    method: 'POST',
    path: '/users',
    operationId: 'addUser',
    summary: 'Add a user',
    body: UserRequest,
    responses: { 201: { description: 'The user', schema: User } },
    errors: ['FORBIDDEN', 'STATE_CONFLICT'],
    async handle({ body, principal, actor, services }) {
      requireAtLeast(principal, body.permissions)
      const user = await services.store.principals.addUser(body, { actor, action: 'user.create' })
      return { status: 201, json: user }
    },
  }),
  defineRoute({
    ...MANAGED,
    method: 'PATCH',
    path: '/users/:id',
    operationId: 'changeUser',
    summary: 'Change what a user may do, or whether it can sign in at all',
    params: RecordParams,
    body: UserChange,
    responses: { 200: { description: 'The user', schema: User } },
    errors: ['NOT_FOUND', 'FORBIDDEN'],
    async handle({ params, body, principal, actor, services }) {
      const { principals } = services.store
      await requireWithin(principal, principals, params.id)
      requireAtLeast(principal, body.permissions ?? [])
      const user = await principals.changeUser(params.id, body, { actor, action: 'user.change' })
      return { status: 200, json: known(user, params.id) }
    },
  }),
  defineRoute({
    ...MANAGED,
    method: 'POST',
    path: '/users/:id/password-link',
    operationId: 'makePasswordLink',
    summary: 'Make a link by which the user sets a password, once; it replaces the one before',
    params: RecordParams,
    responses: {
      201: { description: 'The link: for a week as an invitation, for a day to reset', schema: PasswordLink },
    },
    bodyOptional: true,
    body: Nothing,
    errors: ['NOT_FOUND', 'FORBIDDEN', 'STATE_CONFLICT'],
    async handle({ params, path, principal, actor, services }) {
      const { store, config, signIn } = services
      if (signIn === undefined)
        throw new PlugbayError(
          'FORBIDDEN',
          'Users sign in at the application, not with passwords of this store',
        )
      await requireWithin(principal, store.principals, params.id)
      const made = known(await store.principals.addPasswordLink(params.id, LINK_MS, { actor }), params.id)
      const { secret, ...link } = made
      const origin = mainOrigin(config)
      const publicUrl = origin === null ? null : origin + path.slice(0, path.lastIndexOf('/api/v1/'))
      return { status: 201, json: { ...link, path: `/set-password?code=${secret}`, publicUrl } }
    },
  }),
  defineRoute({
    ...MANAGED,
    method: 'DELETE',
    path: '/users/:id/sessions',
    operationId: 'endUserSessions',
    summary: 'Sign a user out everywhere; tokens stay',
    params: RecordParams,
    responses: { 204: { description: 'Signed out' } },
    errors: ['NOT_FOUND', 'FORBIDDEN'],
    async handle({ params, principal, actor, services }) {
      const { principals } = services.store
      await requireWithin(principal, principals, params.id)
      const isKnown = await principals.endUserSessions(params.id, { actor, action: 'session.end-all' })
      known(isKnown || undefined, params.id)
      return { status: 204 }
    },
  }),
  defineRoute({
    ...MANAGED,
    method: 'DELETE',
    path: '/users/:id',
    operationId: 'removeUser',
    summary: 'Remove a user, with their tokens and sessions',
    params: RecordParams,
    responses: { 204: { description: 'Removed' } },
    errors: ['NOT_FOUND', 'FORBIDDEN'],
    async handle({ params, principal, actor, services }) {
      const { principals } = services.store
      await requireWithin(principal, principals, params.id)
      const removed = await principals.removeUser(params.id, { actor, action: 'user.remove' })
      known(removed || undefined, params.id)
      return { status: 204 }
    },
  }),
]

/** @throws PlugbayError FORBIDDEN */
async function requireWithin(
  principal: Principal | null,
  principals: Pick<Principals, 'accountOf'>,
  userId: string,
): Promise<void> {
  const account = await principals.accountOf(userId)
  if (account !== undefined) requireAtLeast(principal, account.permissions)
}

/** @throws PlugbayError NOT_FOUND */
function known<T>(found: T | undefined, userId: string): T {
  if (found === undefined) throw new PlugbayError('NOT_FOUND', `There is no user "${userId}"`)
  return found
}
