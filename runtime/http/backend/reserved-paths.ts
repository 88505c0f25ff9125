// The paths below `/plugins/:id/.plugbay/` that the runtime answers itself: a page renews its token here.
// In development the client script and its events are added (see dev/).

import type { PageAnswer } from '../pages/page-answer.ts'
import type { PageTokens } from '../pages/page-token.ts'
import type { ReservedPaths } from './plugin-traffic.ts'
import { PAGE_TOKEN_HEADER } from './request-head.ts'

export function createReservedPaths(tokens: PageTokens, more?: ReservedPaths): ReservedPaths {
  return (path, facts) => {
    if (path !== '/token' || facts.route === undefined) return more?.(path, facts)
    const { id, headers, method } = facts
    if (method === 'OPTIONS') return preflight()
    if (method !== 'POST') return problem(405)
    const token = tokens.renew(headers.get(PAGE_TOKEN_HEADER) ?? '', id)
    return token === undefined ? problem(401) : answer(200, { token })
  }
}

function answer(status: number, value: unknown): PageAnswer {
  const headers = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'access-control-allow-origin': '*',
  }
  return { status, headers, body: JSON.stringify(value) }
}

function problem(status: 401 | 405): PageAnswer {
  return answer(status, { status, title: status === 401 ? 'The page token is too old' : 'Use POST' })
}

function preflight(): PageAnswer {
  const headers = {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': PAGE_TOKEN_HEADER,
    'access-control-max-age': '600',
  }
  return { status: 204, headers, body: null }
}
