// The cache of the server's responses. Invariant: the first 401 of any request ends the session on the page.

import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { ApiError } from '../api/client.ts'
import { sessionQuery } from '../api/session.ts'

export function createQueryClient(): QueryClient {
  const endSession = (error: Error) => {
    if (error instanceof ApiError && error.status === 401) leave(client)
  }
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: endSession }),
    mutationCache: new MutationCache({ onError: endSession }),
    defaultOptions: {
      queries: {
        staleTime: 2000,
        retry: (count, error) =>
          count < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
      },
      mutations: { networkMode: 'always' },
    },
  })
  // A server on this machine or network is reachable without internet access.
  client.setDefaultOptions({
    ...client.getDefaultOptions(),
    queries: { ...client.getDefaultOptions().queries, networkMode: 'always' },
  })
  return client
}

/** Shows the sign-in page and clears the cache. */
export function leave(client: QueryClient): void {
  client.setQueryData(sessionQuery.queryKey, null)
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' })
}
