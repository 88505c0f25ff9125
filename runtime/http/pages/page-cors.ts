// CORS towards the sandboxed pages of a plugin. Their origin is "null", which any site can have: a frame with the attribute
// "sandbox" is enough. Invariant: only a request that bears a right page token comes from such a page.

import { PAGE_TOKEN_HEADER } from '../backend/request-headers.ts'
import type { Answer } from '../exchange/answer.ts'
import type { PluginRequest } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import type { Mount } from '../exchange/mount.ts'

export interface Sender {
  readonly mount: Pick<Mount, 'mode' | 'origin'>
  /** The request's Origin; undefined without one. */
  readonly requestOrigin: string | undefined
  /** Whether it bears a right page token of this plugin. */
  readonly isPage: boolean
}

export function isSandboxedPage({ mount, requestOrigin, isPage }: Sender): boolean {
  return isPage && mount.mode === 'opaque' && requestOrigin === 'null'
}

/** A page of another site, or of a plugin that cannot prove to be this one. */
export function isForeignPage(sender: Sender): boolean {
  const { mount, requestOrigin } = sender
  return requestOrigin !== undefined && requestOrigin !== mount.origin && !isSandboxedPage(sender)
}

/** Lets a sandboxed page read an answer. */
export const PAGE_CORS: readonly string[] = [
  'access-control-allow-origin',
  'null',
  'access-control-expose-headers',
  '*',
  'vary',
  'origin',
]

/**
 * The answer to the preflight of a request that will bear a page token; undefined for any other request. The preflight itself
 * bears none and permits nothing by itself: the request that follows is answered by its token.
 */
export function preflightAnswer(
  request: Pick<PluginRequest, 'method' | 'headers'>,
  mount: Mount,
): Answer | undefined {
  const method = headerOf(request, 'access-control-request-method')
  if (request.method !== 'OPTIONS' || mount.mode !== 'opaque' || method === undefined) return undefined
  const asked = headerOf(request, 'access-control-request-headers') ?? ''
  const bearsToken = asked.split(',').some((name) => name.trim().toLowerCase() === PAGE_TOKEN_HEADER)
  if (headerOf(request, 'origin') !== 'null' || !bearsToken) return undefined
  const headers = [...PAGE_CORS, 'access-control-allow-methods', method]
  headers.push('access-control-allow-headers', asked, 'access-control-max-age', '7200')
  return { status: 204, headers, body: null }
}
