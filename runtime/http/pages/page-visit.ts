// One request to the pages and assets of a plugin.
// Invariant: assets are public, HTML is gated by `access`, and every response has the plugin headers.

import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { type ErrorCode, PlugbayError } from '../../errors.ts'
import type { Bytes } from '../../package/artifact.ts'
import { mayAccess } from '../../permissions/access.ts'
import type { Principal } from '../../permissions/principal.ts'
import type { Answer } from '../exchange/answer.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import { ownOriginOf } from '../exchange/mount.ts'
import { type AssetUse, assetAnswer, PUBLIC_HEADERS } from './asset-answer.ts'
import { errorAnswer, redirectAnswer } from './error-page.ts'
import { type FoundAsset, findAsset, isFolder } from './find-page.ts'
import { pageCookie, readPageCookie } from './page-cookie.ts'
import { bouncePage, insertTags, tagsFor } from './page-html.ts'
import { assetName } from './page-path.ts'
import type { PageTokens } from './page-token.ts'
import type { PluginHeadersAt } from './plugin-header-cache.ts'
import { TICKET_PARAMETER, type Tickets, takeTicket } from './tickets.ts'

export interface PageServices {
  readonly tokens: PageTokens
  readonly tickets: Tickets
  readonly headersAt: PluginHeadersAt
  /** Called with failures of an artifact; the visitor sees the table's words. */
  readonly onFailure?: (error: unknown, pluginId: string) => void
}

interface Visitor {
  readonly user: Principal
  /** For the page, and for the cookie on the plugin's own origin. */
  readonly token: string
  readonly byCookie: boolean
}

export class PageVisit {
  readonly #exchange: Pick<Exchange, 'request' | 'mount' | 'user'>
  readonly #plugin: ServingPlugin
  readonly #services: PageServices
  readonly #fixed: readonly string[]
  /** Raw, undecoded, after the mount. */
  readonly #path: string
  /** "" or "?…", raw. */
  readonly #query: string

  constructor(
    exchange: Pick<Exchange, 'request' | 'mount' | 'user'>,
    plugin: ServingPlugin,
    services: PageServices,
  ) {
    this.#exchange = exchange
    this.#plugin = plugin
    this.#services = services
    this.#fixed = services.headersAt(plugin, exchange.mount)
    const { target } = exchange.request
    const end = target.indexOf('?')
    this.#path = end === -1 ? target : target.slice(0, end)
    this.#query = end === -1 ? '' : target.slice(end)
  }

  answer(): Answer | Promise<Answer> {
    const { request, mount } = this.#exchange
    const { artifact } = this.#plugin
    const { method } = request
    if (method === 'OPTIONS') return this.#preflight()
    if (method !== 'GET' && method !== 'HEAD') return this.#error('METHOD_NOT_ALLOWED')
    if (this.#path === '') return redirectAnswer(308, `${mount.path}/${this.#query}`, this.#fixed)
    const name = assetName(this.#path)
    // Paths of the server; existing ones were routed elsewhere.
    if (name === null || /^(?:api|\.plugbay)(?:\/|$)/.test(name)) return this.#error('NOT_FOUND')
    const found = findAsset(artifact, name, request)
    if (found === undefined) {
      return name !== '' && !name.endsWith('/') && isFolder(artifact, name)
        ? redirectAnswer(308, `${mount.path}${this.#path}/${this.#query}`, this.#fixed)
        : this.#error('NOT_FOUND')
    }
    if (found.asset.page) return this.#page(found)
    return assetAnswer(request, { artifact, asset: found.asset }, this.#assetUse())
  }

  failed(error: unknown): Answer {
    const code = error instanceof PlugbayError ? error.code : 'INTERNAL'
    if (code !== 'PLUGIN_UNAVAILABLE') this.#services.onFailure?.(error, this.#plugin.id)
    return this.#error(code)
  }

  #page(found: FoundAsset): Answer | Promise<Answer> {
    const { request, mount } = this.#exchange
    const { id, access } = this.#plugin
    const { ticket, search } = takeTicket(this.#query)
    const ownOrigin = ownOriginOf(mount)
    if (ownOrigin !== null) return this.#toOwnOrigin(ownOrigin, search)
    if (access === 'public') return this.#html(found, null)

    const invited =
      ticket === null || request.method !== 'GET' ? undefined : this.#services.tickets.consume(ticket, id)
    const visitor = invited === undefined ? this.#knownVisitor() : this.#visitor(invited)
    if (visitor === null) return this.#error('UNAUTHENTICATED')
    if (!mayAccess(access, visitor.user)) return this.#error('FORBIDDEN')
    // In a frame of our own page the cookie would be a third-party one and be dropped: the token in the page is enough there.
    const framed = /^(?:iframe|frame|embed|object)$/.test(headerOf(request, 'sec-fetch-dest') ?? '')
    if (invited !== undefined && mount.mode === 'own' && !framed) return this.#leadOn(visitor, search)
    return this.#html(found, visitor)
  }

  /** Visitors known without a ticket: by session on our origin, by page cookie on the plugin's own. */
  #knownVisitor(): Visitor | null {
    const { request, mount, user } = this.#exchange
    if (mount.mode === 'opaque') return user && this.#visitor(user)
    const cookie = readPageCookie(headerOf(request, 'cookie'), this.#scheme())
    if (cookie === undefined) return null
    const { tokens } = this.#services
    const known = tokens.verify(cookie, mount.id)
    const token = tokens.renew(cookie, mount.id)
    return known === undefined || token === undefined ? null : { user: known, token, byCookie: true }
  }

  #visitor(user: Principal): Visitor {
    return { user, token: this.#services.tokens.issue({ pluginId: this.#plugin.id, user }), byCookie: false }
  }

  #toOwnOrigin(ownOrigin: string, search: string): Answer {
    const { user } = this.#exchange
    const { access, id } = this.#plugin
    let query = search
    if (access !== 'public' && user !== null && mayAccess(access, user)) {
      const ticket = `${TICKET_PARAMETER}=${this.#services.tickets.issue(id, user)}`
      query = search === '' ? `?${ticket}` : `${search}&${ticket}`
    }
    return redirectAnswer(302, `${ownOrigin}${this.#path}${query}`, this.#fixed)
  }

  /** Sets the page cookie on the plugin's origin, and navigates to the address without the ticket. */
  #leadOn(visitor: Visitor, search: string): Answer {
    const headers = [...this.#fixed, 'content-type', 'text/html; charset=utf-8', 'cache-control', 'no-store']
    headers.push('set-cookie', this.#cookie(visitor))
    return { status: 200, headers, body: bouncePage(`${this.#path}${search}`) }
  }

  #cookie(visitor: Visitor): string {
    return pageCookie(visitor.token, this.#scheme())
  }

  /** The plugin's own origin has the scheme of ours. */
  #scheme(): { readonly secure: boolean } {
    return { secure: this.#exchange.mount.shellOrigin.startsWith('https:') }
  }

  #html(found: FoundAsset, visitor: Visitor | null): Answer | Promise<Answer> {
    const { request, mount } = this.#exchange
    const { artifact, policy } = this.#plugin
    const assetUse = this.#assetUse()
    const variant = found.asset.variants[assetUse.use]
    const tags = tagsFor(variant, {
      base: found.fallback ? `${mount.path}/` : null,
      token: visitor?.token ?? null,
      // The script reads the revision of its page from its own URL.
      client: policy.pageClient ? `${mount.path}/.plugbay/client.js?${artifact.sha256}` : null,
    })
    if (visitor === null && tags === '')
      return assetAnswer(request, { artifact, asset: found.asset }, assetUse)
    // It contains data of this visitor, or changes with every save: it must not be cached.
    const headers = [...this.#fixed, 'content-type', found.asset.type, 'cache-control', 'no-store']
    if (visitor === null) headers.push(...PUBLIC_HEADERS)
    else headers.push('cross-origin-resource-policy', 'same-origin')
    if (visitor?.byCookie === true) headers.push('set-cookie', this.#cookie(visitor))
    if (request.method === 'HEAD') {
      headers.push('content-length', String(variant.identity.size + Buffer.byteLength(tags)))
      return { status: 200, headers, body: null }
    }
    const page = artifact.readAll(variant.identity)
    const finish = (bytes: Bytes): Answer => ({
      status: 200,
      headers,
      body: insertTags(bytes, variant.head ?? 0, tags),
    })
    return page instanceof Promise ? page.then(finish) : finish(page)
  }

  #assetUse(): AssetUse {
    const use = this.#exchange.mount.mode === 'own' ? 'own' : 'shared'
    return { use, mayKeep: this.#plugin.policy.cache, fixed: this.#fixed }
  }

  #preflight(): Answer {
    const headers = [
      ...this.#fixed,
      'access-control-allow-origin',
      '*',
      'access-control-allow-methods',
      'GET, HEAD',
      'access-control-allow-headers',
      '*',
      'access-control-max-age',
      '600',
      'allow',
      'GET, HEAD',
    ]
    return { status: 204, headers, body: null }
  }

  #error(code: ErrorCode): Answer {
    return errorAnswer(code, this.#exchange.request, this.#fixed)
  }
}
