// Answers of the runtime in place of a plugin: reserved paths below `/plugins/:id/.plugbay/`, where a page renews its token,
// and the fallback page of a plugin that does not serve. `plugbay dev` adds its own (runtime/dev/dev-paths.ts).

import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { PAGE_TOKEN_HEADER } from '../backend/request-head.ts'
import type { Answer } from '../exchange/answer.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import type { PageTokens } from '../pages/page-token.ts'

export interface ReservedPaths {
  /**
   * Undefined for an unknown path.
   * @param path below `.plugbay`: "/token"
   * @param plugin undefined while it does not serve
   */
  answer(path: string, exchange: Exchange, plugin: ServingPlugin | undefined): Answer | undefined
  /** Replaces pages of a plugin that does not serve; undefined: the usual error. */
  fallbackPage(exchange: Exchange): Answer | undefined
}

export function createReservedPaths(tokens: PageTokens, more?: ReservedPaths): ReservedPaths {
  return {
    answer: (path, exchange, plugin) =>
      path === '/token' && plugin !== undefined
        ? renewToken(exchange, tokens)
        : more?.answer(path, exchange, plugin),
    fallbackPage: (exchange) => more?.fallbackPage(exchange),
  }
}

function renewToken({ request, mount }: Exchange, tokens: PageTokens): Answer {
  if (request.method === 'OPTIONS') return preflight()
  if (request.method !== 'POST') return problem(405)
  const token = tokens.renew(headerOf(request, PAGE_TOKEN_HEADER) ?? '', mount.id)
  return token === undefined ? problem(401) : answer(200, { token })
}

function answer(status: number, value: unknown): Answer {
  const headers = [
    'content-type',
    'application/json',
    'cache-control',
    'no-store',
    'access-control-allow-origin',
    '*',
  ]
  return { status, headers, body: JSON.stringify(value) }
}

function problem(status: 401 | 405): Answer {
  return answer(status, { status, title: status === 401 ? 'The page token is too old' : 'Use POST' })
}

function preflight(): Answer {
  const headers = [
    'access-control-allow-origin',
    '*',
    'access-control-allow-methods',
    'POST',
    'access-control-allow-headers',
    PAGE_TOKEN_HEADER,
    'access-control-max-age',
    '600',
  ]
  return { status: 204, headers, body: null }
}
