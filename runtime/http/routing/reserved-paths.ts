// Answers of the runtime in place of a plugin: reserved paths below `/plugins/:id/.plugbay/`, where a page renews its token
// and loads files of the runtime, and where pages of ours have its icon,
// and the fallback page of a plugin that does not serve. `plugbay dev` adds its own (runtime/dev/dev-paths.ts).

import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { ERROR_CODES } from '../../errors.ts'
import { PAGE_TOKEN_HEADER } from '../backend/request-headers.ts'
import type { Answer } from '../exchange/answer.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import { ICON, iconAnswer } from '../pages/icon-answer.ts'
import type { OwnFiles } from '../pages/own-files.ts'
import { isSandboxedPage, PAGE_CORS, preflightAnswer } from '../pages/page-cors.ts'
import { credentialTags } from '../pages/page-html.ts'
import type { PageTokens } from '../pages/page-token.ts'
import { PROBE_ANSWER, PROBE_PATH } from './sandbox-probe.ts'

export interface ReservedPaths {
  /**
   * Undefined for an unknown path.
   * @param path below `.plugbay`: "/token"
   * @param plugin undefined while it does not serve
   */
  answer(
    path: string,
    exchange: Exchange,
    plugin: ServingPlugin | undefined,
  ): Answer | Promise<Answer> | undefined
  /**
   * Replaces pages of a plugin that does not serve; undefined: the usual error.
   * @param head tags that come first in its head
   */
  fallbackPage(exchange: Exchange, head?: string): Answer | undefined
}

export function createReservedPaths(
  { tokens, ownFiles }: { readonly tokens: PageTokens; readonly ownFiles: OwnFiles },
  more?: ReservedPaths,
): ReservedPaths {
  return {
    answer(path, exchange, plugin) {
      const { request, mount } = exchange
      const preflight = preflightAnswer(request, mount)
      if (preflight !== undefined) return preflight
      if (path === PROBE_PATH) {
        const headers = ['content-type', 'application/json', 'cache-control', 'no-store']
        return { status: 200, headers, body: PROBE_ANSWER }
      }
      if (path === '/token' && plugin !== undefined) return renewToken(exchange, tokens)
      if (path === ICON && plugin !== undefined) return iconAnswer(exchange, plugin)
      return ownFiles(path, request) ?? more?.answer(path, exchange, plugin)
    },
    fallbackPage(exchange) {
      const { mount } = exchange
      const token = tokens.issue({ pluginId: mount.id, user: null })
      return more?.fallbackPage(
        exchange,
        mount.mode === 'opaque' ? credentialTags({ token, isStranger: true, mount }) : '',
      )
    },
  }
}

function renewToken(exchange: Exchange, tokens: PageTokens): Answer {
  const { request, mount, isPage } = exchange
  const token = tokens.renew(headerOf(request, PAGE_TOKEN_HEADER) ?? '', mount.id)
  const headers = ['content-type', 'application/json', 'cache-control', 'no-store']
  if (isSandboxedPage({ mount, isPage, requestOrigin: headerOf(request, 'origin') }))
    headers.push(...PAGE_CORS)
  const answer = (status: number, value: unknown): Answer => ({
    status,
    headers,
    body: JSON.stringify(value),
  })
  const refuse = (code: 'METHOD_NOT_ALLOWED' | 'UNAUTHENTICATED', title: string): Answer => {
    const { status } = ERROR_CODES[code]
    return { ...answer(status, { status, title }), refusal: { code, why: title } }
  }
  if (request.method !== 'POST') return refuse('METHOD_NOT_ALLOWED', 'Use POST')
  if (token === undefined) return refuse('UNAUTHENTICATED', 'The page token is too old')
  return answer(200, { token })
}
