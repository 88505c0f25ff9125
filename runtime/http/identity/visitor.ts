// Authenticates visitors of plugins: by page token, by the page cookie of the plugin's own origin, by bearer token or by
// session.
// Invariant: credentials that a browser sends by itself count only for requests from our own page, or the plugin's own.

import type { Principal } from '../../permissions/principal.ts'
import { PAGE_TOKEN_HEADER } from '../backend/request-head.ts'
import type { PluginRequest } from '../exchange/exchange.ts'
import { headerOf, headerPairs } from '../exchange/headers.ts'
import type { Mount } from '../exchange/mount.ts'
import { readPageCookie } from '../pages/page-cookie.ts'
import type { PageTokens } from '../pages/page-token.ts'
import type { Authenticator } from './authenticate.ts'

export interface VisitorServices {
  readonly authenticator: Authenticator
  readonly pageTokens: PageTokens
}

export type FindVisitor = (request: PluginRequest, mount: Mount) => Promise<Principal | null>

/** Methods that a Request of the Fetch standard cannot have. */
const FORBIDDEN_METHOD = /^(?:connect|trace|track)$/i

export function createFindVisitor({ authenticator, pageTokens }: VisitorServices): FindVisitor {
  return async (request, mount) => {
    const { id } = mount
    const token = headerOf(request, PAGE_TOKEN_HEADER)
    if (token !== undefined) return pageTokens.verify(token, id) ?? null
    // A token is sent on purpose; a browser may send all other credentials by itself.
    const cookies = headerOf(request, 'cookie')
    const bearer = /^bearer +(pbt_)?/i.exec(headerOf(request, 'authorization') ?? '')
    const onPurpose = bearer !== null && (bearer[1] !== undefined || cookies === undefined)
    if (!onPurpose && !isFromOwnPage(request, mount)) return null
    if (mount.mode === 'own') {
      const cookie = readPageCookie(cookies)
      if (cookie !== undefined) return pageTokens.verify(cookie, id) ?? null
    }
    const method = FORBIDDEN_METHOD.test(request.method) ? 'GET' : request.method
    const asSeen = new Request(mount.origin + request.url, { method, headers: headerPairs(request.headers) })
    return await authenticator.visitor(asSeen, { plugin: id, peer: request.peer })
  }
}

/** Sec-Fetch-Site and Origin are set by the browser itself (Fetch Metadata; RFC 6454). */
function isFromOwnPage(request: PluginRequest, mount: Mount): boolean {
  const { method, socket } = request
  const site = headerOf(request, 'sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const origin = headerOf(request, 'origin')
  // Any site may open a WebSocket, cookies included; browsers always name its origin, other programs have none.
  if (socket !== undefined) return origin === undefined || origin === mount.origin
  if (method === 'GET' || method === 'HEAD') return true
  // Browsers name the origin of such a request; one with neither origin nor cookie does not come from a browser.
  return origin === mount.origin || (origin === undefined && headerOf(request, 'cookie') === undefined)
}
