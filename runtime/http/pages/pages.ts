// Serves the pages and assets of a plugin, on an origin of its own or sandboxed below a path of ours.
// Invariant: assets are public, HTML is gated by `access`, and every answer carries the headers of the plugin's prefix.

import type { Access } from '../../../sdk/api/access.ts'
import type { ServedArtifact } from '../../contributions/live-plugin.ts'
import { type ErrorCode, PlugbayError } from '../../errors.ts'
import type { AssetEntry, Bytes } from '../../package/artifact.ts'
import { mayAccess } from '../../permissions/access.ts'
import type { Principal } from '../../permissions/principal.ts'
import { type Policy, PRODUCTION } from '../../policy.ts'
import { assetAnswer, PUBLIC_HEADERS } from './asset-answer.ts'
import { type PageMode, pluginHeaders } from './csp.ts'
import { errorAnswer, type HeaderReader, type PageAnswer, redirectAnswer } from './page-answer.ts'
import { pageCookie, readPageCookie } from './page-cookie.ts'
import { bouncePage, insertTags, tagsFor } from './page-html.ts'
import { assetName } from './page-path.ts'
import type { PageTokens } from './page-token.ts'
import { TICKET_PARAMETER, type Tickets, takeTicket } from './tickets.ts'

export interface PageRequest {
  readonly method: string
  /** Raw, undecoded, after the mount: "", "/", "/assets/app.js". */
  readonly path: string
  /** "" or "?…", raw. */
  readonly search: string
  readonly headers: HeaderReader
  readonly mode: PageMode
  /** Path of the plugin on this origin, without a slash at its end; "" on its own. */
  readonly mount: string
  /** Origin of the runtime as the visitor reaches it. */
  readonly publicOrigin: string
  /** In opaque mode: the plugin's own origin when there is one; its HTML is shown there. */
  readonly ownOrigin: string | null
  /** Who asks by the runtime's own session or token; null on a plugin's own origin. */
  readonly user: Principal | null
}

export interface PageTarget {
  readonly id: string
  readonly artifact: ServedArtifact
  readonly access: Access
  /** Granted network origins. */
  readonly network: readonly string[]
  /** That of production by default. */
  readonly policy?: Pick<Policy, 'cache' | 'pageClient'>
}

export interface Pages {
  /** Never rejects. */
  answer(request: PageRequest, target: PageTarget): PageAnswer | Promise<PageAnswer>
}

export interface PageServices {
  readonly tokens: PageTokens
  readonly tickets: Tickets
  /** Told of what went wrong with an artifact; the visitor sees the table's words. */
  readonly onFailure?: (error: unknown, pluginId: string) => void
}

export function createPages(services: PageServices): Pages {
  return {
    answer(request, target) {
      const visit = new Visit({ request, target, services })
      try {
        const result = visit.answer()
        return result instanceof Promise ? result.catch((error: unknown) => visit.failed(error)) : result
      } catch (error) {
        return visit.failed(error)
      }
    },
  }
}

interface Found {
  readonly asset: AssetEntry
  /** Shown for an address that names no asset. */
  readonly fallback: boolean
}

interface Visitor {
  readonly user: Principal
  /** For the page, and for the cookie on the plugin's own origin. */
  readonly token: string
  readonly byCookie: boolean
}

interface VisitParts {
  readonly request: PageRequest
  readonly target: PageTarget
  readonly services: PageServices
}

/** One request to one plugin. */
class Visit {
  readonly #request: PageRequest
  readonly #target: PageTarget
  readonly #services: PageServices
  readonly #security: Readonly<Record<string, string>>

  constructor({ request, target, services }: VisitParts) {
    this.#request = request
    this.#target = target
    this.#services = services
    this.#security = pluginHeaders(request.mode, {
      mount: request.mount,
      publicOrigin: request.publicOrigin,
      network: target.network,
    })
  }

  answer(): PageAnswer | Promise<PageAnswer> {
    const { method, path, mount, search } = this.#request
    if (method === 'OPTIONS') return this.#preflight()
    if (method !== 'GET' && method !== 'HEAD') return this.#error('METHOD_NOT_ALLOWED')
    if (path === '') return redirectAnswer(308, `${mount}/${search}`, this.#security)
    const name = assetName(path)
    // These belong to the server; whoever routes has taken what exists below them.
    if (name === null || /^(?:api|\.plugbay)(?:\/|$)/.test(name)) return this.#error('NOT_FOUND')
    const found = this.#find(name)
    if (found === undefined) {
      const isFolder =
        name !== '' && !name.endsWith('/') && this.#target.artifact.asset(`${name}/index.html`) !== undefined
      return isFolder
        ? redirectAnswer(308, `${mount}${path}/${search}`, this.#security)
        : this.#error('NOT_FOUND')
    }
    if (found.asset.page) return this.#page(found)
    return assetAnswer(this.#target.artifact, found.asset, this.#assetRequest())
  }

  failed(error: unknown): PageAnswer {
    const code = error instanceof PlugbayError ? error.code : 'INTERNAL'
    if (code !== 'PLUGIN_UNAVAILABLE') this.#services.onFailure?.(error, this.#target.id)
    return this.#error(code)
  }

  #find(name: string): Found | undefined {
    const { artifact } = this.#target
    const { frontend } = artifact
    if (frontend === null) return undefined
    const wanted = name === '' ? frontend.index : name.endsWith('/') ? `${name}index.html` : name
    const asset = wanted === null ? undefined : artifact.asset(wanted)
    if (asset !== undefined) return { asset, fallback: false }
    if (
      frontend.fallback === null ||
      !this.#isNavigation() ||
      artifact.asset(`${name}/index.html`) !== undefined
    ) {
      return undefined
    }
    const fallback = artifact.asset(frontend.fallback)
    return fallback === undefined ? undefined : { asset: fallback, fallback: true }
  }

  #page(found: Found): PageAnswer | Promise<PageAnswer> {
    const { method, mode, headers, ownOrigin } = this.#request
    const { id, access } = this.#target
    const { ticket, search } = takeTicket(this.#request.search)
    if (mode === 'opaque' && ownOrigin !== null) return this.#toOwnOrigin(ownOrigin, search)
    if (access === 'public') return this.#html(found, null)

    const invited =
      ticket === null || method !== 'GET' ? undefined : this.#services.tickets.consume(ticket, id)
    const visitor = invited === undefined ? this.#knownVisitor() : this.#visitor(invited)
    if (visitor === null) return this.#error('UNAUTHENTICATED')
    if (!mayAccess(access, visitor.user)) return this.#error('FORBIDDEN')
    // In a frame of our own page a cookie would be a third party's and be dropped: the token in the page is enough there.
    const framed = /^(?:iframe|frame|embed|object)$/.test(headers.get('sec-fetch-dest') ?? '')
    if (invited !== undefined && mode === 'own' && !framed) return this.#leadOn(visitor, search)
    return this.#html(found, visitor)
  }

  /** Who is known without a ticket: by our session below our origin, by the page cookie on the plugin's own. */
  #knownVisitor(): Visitor | null {
    const { user, mode, headers } = this.#request
    if (user !== null) return this.#visitor(user)
    const cookie = mode === 'own' ? readPageCookie(headers.get('cookie'), this.#scheme()) : undefined
    if (cookie === undefined) return null
    const { tokens } = this.#services
    const known = tokens.verify(cookie, this.#target.id)
    const token = tokens.renew(cookie, this.#target.id)
    return known === undefined || token === undefined ? null : { user: known, token, byCookie: true }
  }

  #visitor(user: Principal): Visitor {
    return { user, token: this.#services.tokens.issue({ pluginId: this.#target.id, user }), byCookie: false }
  }

  #toOwnOrigin(ownOrigin: string, search: string): PageAnswer {
    const { path, user } = this.#request
    const { access, id } = this.#target
    let query = search
    if (access !== 'public' && user !== null && mayAccess(access, user)) {
      const ticket = `${TICKET_PARAMETER}=${this.#services.tickets.issue(id, user)}`
      query = search === '' ? `?${ticket}` : `${search}&${ticket}`
    }
    return redirectAnswer(302, `${ownOrigin}${path}${query}`, this.#security)
  }

  /** Remembers the visitor on the plugin's origin, and leads on to the address without the ticket. */
  #leadOn(visitor: Visitor, search: string): PageAnswer {
    const headers = {
      ...this.#security,
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'set-cookie': this.#cookie(visitor),
    }
    return { status: 200, headers, body: bouncePage(`${this.#request.path}${search}`) }
  }

  #cookie(visitor: Visitor): string {
    return pageCookie(visitor.token, this.#scheme())
  }

  /** The scheme of the plugin's own origin is that of ours. */
  #scheme(): { readonly secure: boolean } {
    return { secure: this.#request.publicOrigin.startsWith('https:') }
  }

  #html(found: Found, visitor: Visitor | null): PageAnswer | Promise<PageAnswer> {
    const { method, mount } = this.#request
    const { artifact, policy = PRODUCTION } = this.#target
    const request = this.#assetRequest()
    const variant = found.asset.variants[request.use]
    const tags = tagsFor(variant, {
      base: found.fallback ? `${mount}/` : null,
      token: visitor?.token ?? null,
      // The script learns from its address which content its page was made from.
      client: policy.pageClient ? `${mount}/.plugbay/client.js?${artifact.sha256}` : null,
    })
    if (visitor === null && tags === '') return assetAnswer(artifact, found.asset, request)
    const headers: Record<string, string> = {
      ...this.#security,
      'content-type': found.asset.type,
      // It holds what is this visitor's, or changes with every save: nobody keeps it.
      'cache-control': 'no-store',
      'content-length': String(variant.identity.size + Buffer.byteLength(tags)),
    }
    if (visitor === null) Object.assign(headers, PUBLIC_HEADERS)
    else headers['cross-origin-resource-policy'] = 'same-origin'
    if (visitor?.byCookie === true) headers['set-cookie'] = this.#cookie(visitor)
    if (method === 'HEAD') return { status: 200, headers, body: null }
    const page = artifact.readAll(variant.identity)
    const finish = (bytes: Bytes): PageAnswer => ({
      status: 200,
      headers,
      body: insertTags(bytes, variant.head ?? 0, tags),
    })
    return page instanceof Promise ? page.then(finish) : finish(page)
  }

  #assetRequest() {
    const { method, headers, mode } = this.#request
    const { policy = PRODUCTION } = this.#target
    const use = mode === 'own' ? ('own' as const) : ('shared' as const)
    return { method, headers, use, mayKeep: policy.cache, security: this.#security }
  }

  /** Whether a person opens the address, rather than a page asking for a part of itself. */
  #isNavigation(): boolean {
    const { headers } = this.#request
    const fetchMode = headers.get('sec-fetch-mode')
    if (fetchMode !== null) return fetchMode === 'navigate'
    return (headers.get('accept') ?? '').includes('text/html')
  }

  #preflight(): PageAnswer {
    const headers = {
      ...this.#security,
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': '*',
      'access-control-max-age': '600',
      allow: 'GET, HEAD',
    }
    return { status: 204, headers, body: null }
  }

  #error(code: ErrorCode): PageAnswer {
    return errorAnswer(code, this.#request, this.#security)
  }
}
