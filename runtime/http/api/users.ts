// Users: the names that tokens and audit entries refer to, with the permissions that their tokens may have.
// Invariant: no principal can create or remove a user with more permissions than its own.

import { listOf, PageQuery } from '../../../sdk/api/lists.ts'
import { RecordParams, User, UserRequest } from '../../../sdk/api/users.ts'
import { PlugbayError } from '../../errors.ts'
import { requireAtLeast } from './delegation.ts'
import { everyItem } from './lists.ts'
import { defineRoute } from './route.ts'

const MANAGED = { tag: 'users', permission: 'users.manage' } as const

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
    method: 'DELETE',
    path: '/users/:id',
    operationId: 'removeUser',
    summary: 'Remove a user, with their tokens and sessions',
    params: RecordParams,
    responses: { 204: { description: 'Removed' } },
    errors: ['NOT_FOUND', 'FORBIDDEN'],
    async handle({ params, principal, actor, services }) {
      const { principals } = services.store
      for await (const user of everyItem((query) => principals.users(query))) {
        if (user.id === params.id) requireAtLeast(principal, user.permissions)
      }
      const removed = await principals.removeUser(params.id, { actor, action: 'user.remove' })
      if (!removed) throw new PlugbayError('NOT_FOUND', `There is no user "${params.id}"`)
      return { status: 204 }
    },
  }),
]
