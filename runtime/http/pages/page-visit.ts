// One request to the pages and assets of a plugin.
// Invariant: assets are public, HTML is gated by `access`, and every response has the plugin headers.

import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { mayVisit } from '../../contributions/path-guards.ts'
import { type ErrorCode, PlugbayError } from '../../errors.ts'
import { isHashedName } from '../../package/format/hashed-names.ts'
import { mayAccess, refusalFor, whyNoAccess } from '../../permissions/access.ts'
import type { Principal } from '../../permissions/principal.ts'
import { BUNDLE_PATHS } from '../../slots/bundle-view.ts'
import type { Answer } from '../exchange/answer.ts'
import { type Exchange, withState } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import { isSecure, ownOriginOf } from '../exchange/mount.ts'
import { VARY_BY_LANGUAGE } from '../exchange/visitor-language.ts'
import type { WayBack } from '../routing/way-back.ts'
import { type AssetUse, assetAnswer, PUBLIC_HEADERS, withBody } from './asset-answer.ts'
import { type BundleServices, bundleAnswer, isBundlePath } from './bundle-answer.ts'
import { errorAnswer, redirectAnswer } from './error-page.ts'
import { type FoundAsset, findAsset, isFolder } from './find-page.ts'
import type { FormerAssets } from './former-assets.ts'
import { inserted, insertedEtag } from './insertion.ts'
import { leadOnPage } from './lead-on.ts'
import { isUnchanged } from './negotiation.ts'
import { pageCookie, readPageCookie } from './page-cookie.ts'
import { tagsFor } from './page-html.ts'
import { type PageLanguageServices, pageLanguage, translatedPath } from './page-language.ts'
import { MESSAGES_PATH, messagesAnswer } from './page-messages.ts'
import { assetName } from './page-path.ts'
import type { PluginHeadersAt } from './plugin-header-cache.ts'
import { TICKET_PARAMETER, type Tickets, takeTicket } from './tickets.ts'

export interface PageServices extends PageLanguageServices, BundleServices {
  readonly formerAssets: FormerAssets
  readonly tickets: Tickets
  readonly headersAt: PluginHeadersAt
  /** Where a visitor who is not known is led; a refusal without it. */
  readonly wayBack?: WayBack
  /** Called with failures of an artifact; the visitor sees the table's words. */
  readonly onFailure?: (error: unknown, pluginId: string) => void
}

const NOT_A_FILE = 'The address does not name a file of the frontend'

interface Visitor {
  /** null: a stranger. */
  readonly user: Principal | null
  /** For the page, and for the cookie on the plugin's own origin. */
  readonly token: string
  readonly byCookie: boolean
}

/** The part of an exchange that a page needs. */
export type PageExchange = Pick<Exchange, 'request' | 'mount' | 'user' | 'isPage' | 'stateHeaders'>

export class PageVisit {
  readonly #exchange: PageExchange
  readonly #plugin: ServingPlugin
  readonly #services: PageServices
  readonly #fixed: readonly string[]
  /** Raw, undecoded, after the mount. */
  readonly #path: string
  /** "" or "?…", raw. */
  readonly #query: string

  constructor(exchange: PageExchange, plugin: ServingPlugin, services: PageServices) {
    this.#exchange = exchange
    this.#plugin = plugin
    this.#services = services
    this.#fixed = withState(services.headersAt(plugin, exchange.mount), exchange)
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
    if (method !== 'GET' && method !== 'HEAD')
      return this.#error(
        'METHOD_NOT_ALLOWED',
        'Pages and files take GET and HEAD; the backend is below /api/',
      )
    if (this.#path === '') return redirectAnswer(308, `${mount.path}/${this.#query}`, this.#fixed)
    if (this.#path === MESSAGES_PATH) return this.#messages()
    if (isBundlePath(this.#path)) return this.#bundle()
    const name = assetName(this.#path)
    // Paths of the server; existing ones were routed elsewhere.
    if (name === null || /^(?:api|\.plugbay)(?:\/|$)/.test(name)) return this.#error('NOT_FOUND', NOT_A_FILE)
    const found = findAsset(artifact, name, request)
    const question = { exchange: this.#exchange, plugin: this.#plugin, path: this.#path, found }
    const moved = translatedPath(question, this.#services)
    if (moved !== undefined)
      return redirectAnswer(302, moved + this.#query, [...this.#fixed, ...VARY_BY_LANGUAGE])
    if (found === undefined) {
      return name !== '' && !name.endsWith('/') && isFolder(artifact, name)
        ? redirectAnswer(308, `${mount.path}${this.#path}/${this.#query}`, this.#fixed)
        : this.#former(name)
    }
    if (found.asset.page) return this.#page(found)
    return assetAnswer(request, { artifact, asset: found.asset }, this.#assetUse())
  }

  /** Of a release before, for a page that was loaded from it. */
  #former(name: string): Answer | Promise<Answer> {
    const { formerAssets } = this.#services
    // Names that hold no hash belong to the release that serves.
    if (!this.#plugin.policy.cache || !isHashedName(name, true)) return this.#missing(name)
    return formerAssets
      .find(this.#plugin, name)
      .then((found) =>
        found === undefined
          ? this.#missing(name)
          : assetAnswer(this.#exchange.request, found, this.#assetUse()),
      )
  }

  #messages(): Answer | Promise<Answer> {
    const { user } = this.#exchange
    if (!mayAccess(this.#plugin.access, user)) return this.#noAccess(user)
    return messagesAnswer(this.#exchange, this.#plugin, { ...this.#services, fixed: this.#fixed })
  }

  #bundle(): Answer | Promise<Answer> {
    const { user } = this.#exchange
    if (this.#path !== BUNDLE_PATHS.script && !mayAccess(this.#plugin.access, user))
      return this.#noAccess(user)
    const visit = { exchange: this.#exchange, plugin: this.#plugin, query: this.#query, fixed: this.#fixed }
    return bundleAnswer(this.#path, visit, this.#services)
  }

  failed(error: unknown): Answer {
    const code = error instanceof PlugbayError ? error.code : 'INTERNAL'
    if (code !== 'PLUGIN_UNAVAILABLE') this.#services.onFailure?.(error, this.#plugin.id)
    return this.#error(code, error instanceof PlugbayError ? error.message : undefined)
  }

  #page(found: FoundAsset): Answer | Promise<Answer> {
    const { request, mount } = this.#exchange
    const { id, access } = this.#plugin
    const { ticket, search } = takeTicket(this.#query)
    const ownOrigin = ownOriginOf(mount)
    if (ownOrigin !== null) return this.#toOwnOrigin(ownOrigin, search)
    if (mount.isHidden === true) return this.#error('MISDIRECTED')
    const mayAll = mayVisit(this.#plugin, this.#path, null)
    if (access === 'public' && mayAll) return this.#html(found, this.#isShown() ? this.#visitor(null) : null)

    const invited =
      ticket === null || request.method !== 'GET' ? undefined : this.#services.tickets.consume(ticket, id)
    const visitor = invited === undefined ? this.#knownVisitor() : this.#visitor(invited)
    if (visitor === null) return this.#noAccess(null)
    if (!mayAccess(access, visitor.user) || !mayVisit(this.#plugin, this.#path, visitor.user))
      return this.#noAccess(visitor.user)
    // In a frame of our own page the cookie would be a third-party one and be dropped: the token in the page is enough there.
    if (invited !== undefined && mount.mode === 'own' && !this.#isFramed())
      return this.#leadOn(visitor, search)
    return this.#html(found, visitor)
  }

  /** Visitors known without a ticket: by session on our origin, by page cookie on the plugin's own. */
  #knownVisitor(): Visitor | null {
    const { request, mount, user } = this.#exchange
    if (mount.mode === 'opaque') return user && this.#visitor(user)
    const cookie = readPageCookie(headerOf(request, 'cookie'), { secure: isSecure(mount) })
    if (cookie === undefined) return null
    const { tokens } = this.#services
    const known = tokens.verify(cookie, mount.id)
    const token = tokens.renew(cookie, mount.id)
    return known == null || token === undefined ? null : { user: known, token, byCookie: true }
  }

  /**
   * Whether a browser shows it, sandboxed. A script that fetches it gets the page as it is stored, which any site may read; where it
   * is shown, no other site can read what was inserted.
   */
  #isShown(): boolean {
    const { request, mount } = this.#exchange
    if (mount.mode === 'own' || headerOf(request, 'origin') !== undefined) return false
    return /^(?:document|iframe|frame|embed|object)$/.test(headerOf(request, 'sec-fetch-dest') ?? 'document')
  }

  /** Where browsers do not say, a sandboxed page may be in a frame: it is sent whole to each visitor anyway. */
  #isFramed(): boolean {
    const { request, mount } = this.#exchange
    const destination = headerOf(request, 'sec-fetch-dest') ?? (mount.mode === 'opaque' ? 'iframe' : '')
    return /^(?:iframe|frame|embed|object)$/.test(destination)
  }

  #visitor(user: Principal | null): Visitor {
    return { user, token: this.#services.tokens.issue({ pluginId: this.#plugin.id, user }), byCookie: false }
  }

  #toOwnOrigin(ownOrigin: string, search: string): Answer {
    const { user } = this.#exchange
    const { access, id } = this.#plugin
    let query = search
    const isOpen = access === 'public' && mayVisit(this.#plugin, this.#path, null)
    if (!isOpen && user !== null) {
      // There it would be a stranger's request, which is led back here.
      if (!mayAccess(access, user)) return this.#noAccess(user)
      const ticket = `${TICKET_PARAMETER}=${this.#services.tickets.issue(id, user)}`
      query = search === '' ? `?${ticket}` : `${search}&${ticket}`
    }
    const { language } = this.#exchange.mount
    const prefix = language === undefined ? '' : `/${language}`
    return redirectAnswer(302, `${ownOrigin}${prefix}${this.#path}${query}`, this.#fixed)
  }

  /** Sets the page cookie on the plugin's origin, and navigates to the address without the ticket. */
  #leadOn(visitor: Visitor, search: string): Answer {
    const headers = [...this.#fixed, 'content-type', 'text/html; charset=utf-8', 'cache-control', 'no-store']
    headers.push('set-cookie', this.#cookie(visitor))
    return { status: 200, headers, body: leadOnPage(`${this.#exchange.mount.path}${this.#path}${search}`) }
  }

  #cookie(visitor: Visitor): string {
    return pageCookie(visitor.token, { secure: isSecure(this.#exchange.mount) })
  }

  #html(found: FoundAsset, visitor: Visitor | null): Answer | Promise<Answer> {
    const { request, mount } = this.#exchange
    const { artifact, policy } = this.#plugin
    const assetUse = this.#assetUse()
    const variant = found.asset.variants[assetUse.use]
    const tags = tagsFor(variant, {
      base: found.fallback ? `${mount.path}/` : null,
      language: pageLanguage(this.#exchange, this.#services),
      page: visitor && { token: visitor.token, isStranger: visitor.user === null, mount },
      frame: this.#isFramed() ? mount : null,
      // The script reads the revision of its page from its own URL.
      client: policy.pageClient ? `${mount.path}/.plugbay/client.js?${artifact.sha256}` : null,
    })
    if (visitor === null && tags === '')
      return assetAnswer(request, { artifact, asset: found.asset }, assetUse)
    const headers = [...this.#fixed, 'content-type', found.asset.type]
    // With data of this visitor, or other with every save, it must not be cached; else it is the same for everyone.
    if (visitor !== null || policy.pageClient) headers.push('cache-control', 'no-store')
    else {
      const etag = insertedEtag(variant.identity.etag, tags)
      headers.push('cache-control', 'no-cache', 'etag', etag)
      if (isUnchanged(headerOf(request, 'if-none-match'), etag))
        return { status: 304, headers: [...headers, ...PUBLIC_HEADERS], body: null }
    }
    if (visitor === null) headers.push(...PUBLIC_HEADERS)
    else headers.push('cross-origin-resource-policy', 'same-origin')
    if (visitor?.byCookie === true) headers.push('set-cookie', this.#cookie(visitor))
    const { identity, head } = variant
    const bytes = new Uint8Array(Buffer.from(tags, 'utf8'))
    return withBody(
      { status: 200, headers, length: identity.size + bytes.length },
      request.method === 'HEAD'
        ? null
        : inserted(artifact.read(identity), { at: Math.min(head ?? 0, identity.size), bytes }),
    )
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

  #missing(name: string): Answer {
    const hasNone = this.#plugin.artifact.frontend === null
    const why = name === '' ? 'The frontend has no index.html' : `The frontend has no file "${name}"`
    return this.#error('NOT_FOUND', hasNone ? 'The plugin has no frontend' : why)
  }

  #noAccess(user: Principal | null): Answer {
    return this.#error(refusalFor(user), whyNoAccess(this.#plugin.access, user))
  }

  #error(code: ErrorCode, why?: string): Answer {
    const { request, mount } = this.#exchange
    const wayBack = code === 'UNAUTHENTICATED' ? this.#services.wayBack?.(request, mount) : undefined
    const answer =
      wayBack === undefined
        ? errorAnswer(code, this.#exchange, this.#fixed)
        : redirectAnswer(302, wayBack, this.#fixed)
    return { ...answer, refusal: { code, why } }
  }
}
