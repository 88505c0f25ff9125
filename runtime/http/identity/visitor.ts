// Who visits a plugin: by page token, by the page cookie of the plugin's own origin, by bearer token or by our session.
// Invariant: what a browser sends by itself counts only for requests that our own page, or the plugin's own, has made.

import type { Principal } from '../../permissions/principal.ts'
import { PAGE_TOKEN_HEADER } from '../backend/request-head.ts'
import type { Place, PluginRequest } from '../backend/types.ts'
import { readPageCookie } from '../pages/page-cookie.ts'
import type { PageTokens } from '../pages/page-token.ts'
import type { Authenticator } from './authenticate.ts'

export interface VisitorServices {
  readonly authenticator: Authenticator
  readonly pageTokens: PageTokens
}

export interface Visit {
  readonly request: PluginRequest
  readonly place: Place
  readonly pluginId: string
  /** As the visitor sees it. */
  readonly url: string
}

export type FindVisitor = (visit: Visit) => Promise<Principal | null>

/** Methods that a Request of the Fetch standard cannot have. */
const FORBIDDEN_METHOD = /^(?:connect|trace|track)$/i

export function createFindVisitor({ authenticator, pageTokens }: VisitorServices): FindVisitor {
  return async ({ request, place, pluginId, url }) => {
    const headers = headersOf(request)
    const token = headers.get(PAGE_TOKEN_HEADER)
    if (token !== null) return pageTokens.verify(token, pluginId) ?? null
    // A token is sent on purpose; all else may be what a browser sends by itself.
    const bearer = /^bearer +(pbt_)?/i.exec(headers.get('authorization') ?? '')
    const onPurpose = bearer !== null && (bearer[1] !== undefined || !headers.has('cookie'))
    if (!onPurpose && !isFromOwnPage(request, headers, place)) return null
    if (place.mode === 'own') {
      const cookie = readPageCookie(headers.get('cookie'))
      if (cookie !== undefined) return pageTokens.verify(cookie, pluginId) ?? null
    }
    const method = FORBIDDEN_METHOD.test(request.method) ? 'GET' : request.method
    const visit = { plugin: pluginId, peer: request.peer }
    return await authenticator.visitor(new Request(url, { method, headers }), visit)
  }
}

/** Sec-Fetch-Site and Origin are the browser's own words (Fetch Metadata; RFC 6454). */
function isFromOwnPage({ method, socket }: PluginRequest, headers: Headers, place: Place): boolean {
  const site = headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin' && site !== 'none') return false
  // Any site may open a WebSocket, cookies included; browsers always name its origin, other programs have none.
  if (socket !== undefined) return !headers.has('origin') || headers.get('origin') === place.origin
  if (method === 'GET' || method === 'HEAD') return true
  // Browsers name the origin of such a request; what has neither origin nor cookie is no browser's.
  return headers.get('origin') === place.origin || !(headers.has('origin') || headers.has('cookie'))
}

export function headersOf({ headers }: Pick<PluginRequest, 'headers'>): Headers {
  const made = new Headers()
  for (let index = 0; index + 1 < headers.length; index += 2) {
    made.append(headers[index] as string, headers[index + 1] as string)
  }
  return made
}
