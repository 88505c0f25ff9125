// Users and tokens: who may do what.

import { queryOptions } from '@tanstack/react-query'
import type { NewToken, Token, TokenRequest } from '../../../../sdk/api/tokens.ts'
import type { PasswordLink, User, UserChange, UserRequest } from '../../../../sdk/api/users.ts'
import { send } from './client.ts'
import { everyItem } from './lists.ts'

export const PEOPLE_KEY = ['people'] as const

export const usersQuery = queryOptions({
  queryKey: [...PEOPLE_KEY, 'users'],
  queryFn: ({ signal }) => everyItem<User>('users', signal),
})

export const tokensQuery = queryOptions({
  queryKey: [...PEOPLE_KEY, 'tokens'],
  queryFn: ({ signal }) => everyItem<Token>('tokens', signal),
})

export function addUser(user: UserRequest): Promise<User> {
  return send('users', { method: 'POST', json: user })
}

export function changeUser(id: string, change: UserChange): Promise<User> {
  return send(`users/${encodeURIComponent(id)}`, { method: 'PATCH', json: change })
}

/** A link by which the user sets a password; it replaces the one before. */
export function makePasswordLink(id: string): Promise<PasswordLink> {
  return send(`users/${encodeURIComponent(id)}/password-link`, { method: 'POST', json: {} })
}

export function removeUser(id: string): Promise<void> {
  return send(`users/${encodeURIComponent(id)}`, { method: 'DELETE' })
}

export function addToken(token: TokenRequest): Promise<NewToken> {
  return send('tokens', { method: 'POST', json: token })
}

export function removeToken(id: string): Promise<void> {
  return send(`tokens/${encodeURIComponent(id)}`, { method: 'DELETE' })
}
