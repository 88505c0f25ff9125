// The signed-in user. Invariant: a one-time code leaves the address bar before it is used, and is used once.

import { queryOptions } from '@tanstack/react-query'
import type { Session, SignInRequest } from '../../../../sdk/api/session.ts'
import { ApiError, send } from './client.ts'

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }): Promise<Session | null> => readSession(signal),
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
})

/** Whether the server has a sign-in page for users. */
export const signInPageQuery = queryOptions({
  queryKey: ['sign-in-page'],
  queryFn: async ({ signal }): Promise<boolean> => (await fetch('../sign-in', { method: 'HEAD', signal })).ok,
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
})

export async function signIn(credential: SignInRequest): Promise<Session | null> {
  await send<void>('session', { method: 'POST', json: credential })
  return readSession()
}

export async function signOut(): Promise<void> {
  await send<void>('session', { method: 'DELETE' })
}

/** The code of `#code=…`, removed from the address bar and the history entry. */
export function takeOneTimeCode(): string | null {
  const code = new URLSearchParams(location.hash.slice(1)).get('code')
  if (code === null || !location.hash.startsWith('#code=')) return null
  history.replaceState(history.state, '', `${location.pathname}${location.search}`)
  return code
}

async function readSession(signal?: AbortSignal): Promise<Session | null> {
  try {
    return await send<Session>('session', signal ? { signal } : {})
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  }
}
