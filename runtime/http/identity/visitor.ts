// Identifies the visitor of a plugin: by page token, by the page cookie of the plugin's own origin, by bearer token or by session.
// Invariant: credentials that browsers add by themselves count only for requests made by our own pages or the plugin's.

import { PlugbayError } from '../../errors.ts'
import type { Principal } from '../../permissions/principal.ts'
import { PAGE_TOKEN_HEADER } from '../backend/request-headers.ts'
import type { PluginRequest } from '../exchange/exchange.ts'
import { headerOf, headerPairs } from '../exchange/headers.ts'
import { isSecure, type Mount } from '../exchange/mount.ts'
import { readPageCookie } from '../pages/page-cookie.ts'
import type { PageTokens } from '../pages/page-token.ts'
import type { Authenticator } from './authenticate.ts'

export interface VisitorServices {
  readonly authenticator: Authenticator
  readonly pageTokens: PageTokens
}

/** Rejects with UNAUTHENTICATED for a page token that is forged, too old or of another plugin, whatever the access. */
export type FindVisitor = (request: PluginRequest, mount: Mount) => Promise<Visitor>

export interface Visitor {
  /** null for a stranger. */
  readonly user: Principal | null
  /** See Exchange. */
  readonly isPage: boolean
}

const STRANGER: Visitor = { user: null, isPage: false }

/** Methods that a Request of the Fetch standard cannot have. */
const FORBIDDEN_METHOD = /^(?:connect|trace|track)$/i

export function createFindVisitor({ authenticator, pageTokens }: VisitorServices): FindVisitor {
  return async (request, mount) => {
    const { id } = mount
    const token = headerOf(request, PAGE_TOKEN_HEADER)
    if (token !== undefined) {
      const user = pageTokens.verify(token, id)
      if (user === undefined) throw new PlugbayError('UNAUTHENTICATED')
      return { user, isPage: true }
    }
    // A token is sent on purpose; browsers may add everything else by themselves.
    const cookies = headerOf(request, 'cookie')
    const bearer = /^bearer +(pbt_)?/i.exec(headerOf(request, 'authorization') ?? '')
    const onPurpose = bearer !== null && (bearer[1] !== undefined || cookies === undefined)
    if (!onPurpose && !isFromOwnPage(request, mount)) return STRANGER
    if (mount.mode === 'own') {
      const cookie = readPageCookie(cookies, { secure: isSecure(mount) })
      if (cookie !== undefined) return { user: pageTokens.verify(cookie, id) ?? null, isPage: false }
    }
    const method = FORBIDDEN_METHOD.test(request.method) ? 'GET' : request.method
    const asSeen = new Request(mount.origin + request.url, { method, headers: headerPairs(request.headers) })
    return { user: await authenticator.visitor(asSeen, id), isPage: false }
  }
}

/** Sec-Fetch-Site and Origin are set by the browser (Fetch Metadata; RFC 6454). */
function isFromOwnPage(request: PluginRequest, mount: Mount): boolean {
  const { method, socket } = request
  const site = headerOf(request, 'sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const origin = headerOf(request, 'origin')
  // Any site may open a WebSocket, cookies included; browsers always name its origin, other programs have none.
  if (socket !== undefined) return origin === undefined || origin === mount.origin
  if (method === 'GET' || method === 'HEAD') return true
  // Browsers send an Origin with such a request; without origin and cookie it does not come from a browser.
  return origin === mount.origin || (origin === undefined && headerOf(request, 'cookie') === undefined)
}
