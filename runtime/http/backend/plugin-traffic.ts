// Everything below the plugins' prefixes and on their own origins: the one way in for the server's short path and for the app.
// Invariant: a request to a plugin gets the same answer through every listener, and every answer carries the plugin headers.

import type { Config } from '../../config/config.ts'
import { type LivePlugin, refusalOf, type ServingPlugin } from '../../contributions/live-plugin.ts'
import type { LivePlugins } from '../../contributions/live-plugins.ts'
import { PlugbayError } from '../../errors.ts'
import type { Principal } from '../../permissions/principal.ts'
import { type FindVisitor, headersOf } from '../identity/visitor.ts'
import { pluginHeaders } from '../pages/csp.ts'
import { type OriginMode, originMode, ownOriginOf } from '../pages/origin.ts'
import type { PageAnswer } from '../pages/page-answer.ts'
import { errorAnswer } from '../pages/page-answer.ts'
import type { Pages } from '../pages/pages.ts'
import { locate, type Target } from './locate.ts'
import { handlePluginRequest, type RequestServices, refuse } from './plugin-request.ts'
import { PAGE_TOKEN_HEADER } from './request-head.ts'
import { sendPage } from './send-page.ts'
import type { Place, PluginRequest, ResponseSink } from './types.ts'

export interface OwnPathFacts {
  readonly id: string
  readonly place: Place
  /** Undefined while the plugin does not serve. */
  readonly route: ServingPlugin | undefined
  readonly headers: Headers
  readonly method: string
}

/**
 * Answers paths below `/plugins/:id/.plugbay/` (renewal of page tokens, development); undefined: there is no such path.
 * It is asked for STAND_IN as well when a page is wanted of a plugin that does not serve.
 */
export type ReservedPaths = (path: string, facts: OwnPathFacts) => PageAnswer | undefined

/** In development a page of ours says why there is none of the plugin's. */
export const STAND_IN = '/problems'

export interface TrafficServices extends RequestServices {
  readonly config: Pick<Config, 'publicUrl' | 'pluginDomain' | 'trustProxy' | 'port'>
  readonly routes: LivePlugins
  readonly pages: Pages
  readonly reservedPaths: ReservedPaths
  /** An application around the runtime vouches for its users, by means that only it knows: it is asked about every request. */
  readonly vouches: boolean
  /** Who asks: by page token, bearer token or session. Without `vouches` only called when a header could tell. */
  readonly visitor: FindVisitor
}

export interface Arrival {
  /** As received: path and query. */
  readonly url: string
  readonly host: string | undefined
  readonly scheme: 'http' | 'https'
}

/** Says what a request is for; `foreign` is answered 421 by the caller. */
export type Arrived = Target | { readonly kind: 'foreign' }

export class PluginTraffic {
  readonly #services: TrafficServices
  /** Before every path: "", or "/tools" in an application around the runtime. */
  readonly basePath: string
  readonly #modes = new Map<string, OriginMode>()

  constructor(services: TrafficServices, basePath = '') {
    this.#services = services
    this.basePath = basePath
  }

  arrive({ url, host, scheme }: Arrival): Arrived {
    const mode = this.#mode(host, scheme)
    if (mode.kind === 'foreign') return mode
    // Below a base path the rest of the origin is somebody else's application: plugins have no origins of their own there.
    if (mode.kind === 'plugin' && this.basePath !== '') return { kind: 'foreign' }
    return locate(url, mode, this.basePath)
  }

  /** Answers the request that `target` of arrive() stands for; see requestFromNode and requestFromWeb. */
  handle(
    target: Exclude<Target, { kind: 'runtime' }>,
    arrival: Arrival,
    exchange: { readonly request: PluginRequest; readonly sink: ResponseSink },
  ): void {
    const { request, sink } = exchange
    if (!this.#services.vouches && !mayIdentify(request))
      return this.#serve(target, arrival, { request, sink, user: null })
    const { place, id } = target
    const url = place.origin + (place.mode === 'own' ? '' : this.basePath) + arrival.url
    this.#services.visitor({ request, place, pluginId: id, url }).then(
      (user) => this.#serve(target, arrival, { request, sink, user }),
      (error: unknown) => {
        const code = error instanceof PlugbayError ? error.code : 'INTERNAL'
        refuse(sink, code, { place: target.place, network: [], origin: undefined })
      },
    )
  }

  #serve(target: Exclude<Target, { kind: 'runtime' }>, arrival: Arrival, exchange: Identified): void {
    const found = this.#services.routes.get(target.id)
    const { place } = target
    const { request, sink } = exchange
    if (target.kind === 'backend') return handlePluginRequest(found, { ...exchange, place }, this.#services)
    const own = this.#ownPath(target, found, exchange)
    if (own !== undefined) return sendPage(own, sink, this.#security(found, place))
    if (target.path.startsWith('/.plugbay/'))
      return refuse(sink, 'NOT_FOUND', { place, network: [], origin: undefined })
    if (found?.kind === 'serving') return this.#page({ found, target, arrival }, exchange)
    const code = refusalOf(found)
    const answer = errorAnswer(code, { method: request.method, headers: headersOf(request) }, {})
    const later = code === 'PLUGIN_UNAVAILABLE' && { 'retry-after': '1' }
    const headers: Record<string, string> = { ...answer.headers, ...later }
    sendPage({ ...answer, headers }, sink, this.#security(found, place))
  }

  #ownPath(
    target: Extract<Target, { kind: 'page' }>,
    found: LivePlugin | undefined,
    { request }: Identified,
  ): PageAnswer | undefined {
    const { path, id, place } = target
    const asked = path.startsWith('/.plugbay/') ? path.slice('/.plugbay'.length) : undefined
    const route = found?.kind === 'serving' ? found : undefined
    const wanted = asked ?? (route === undefined ? STAND_IN : undefined)
    if (wanted === undefined) return undefined
    return this.#services.reservedPaths(wanted, {
      id,
      place,
      route,
      headers: headersOf(request),
      method: request.method,
    })
  }

  #security(found: LivePlugin | undefined, place: Place): readonly string[] {
    if (found?.kind === 'serving') return this.#services.fixedHeaders(found, place)
    return Object.entries(
      pluginHeaders(place.mode, { mount: place.mount, publicOrigin: place.shell, network: [] }),
    ).flat()
  }

  #page(
    facts: { found: ServingPlugin; target: Extract<Target, { kind: 'page' }>; arrival: Arrival },
    { request, sink, user }: Identified,
  ): void {
    const { found, target, arrival } = facts
    const { place } = target
    const mode = this.#mode(arrival.host, arrival.scheme)
    const answer = this.#services.pages.answer(
      {
        method: request.method,
        path: target.path,
        search: target.query,
        headers: headersOf(request),
        mode: place.mode,
        mount: place.mount,
        publicOrigin: place.shell,
        ownOrigin: this.basePath === '' ? ownOriginOf(mode, found.id) : null,
        // On the plugin's own origin pages know their visitors by a cookie of their own.
        user: place.mode === 'own' ? null : user,
      },
      {
        id: found.id,
        artifact: found.artifact,
        access: found.access,
        network: found.grants.network ?? [],
        policy: found.policy,
      },
    )
    if (answer instanceof Promise) void answer.then((ready) => sendPage(ready, sink))
    else sendPage(answer, sink)
  }

  /** Visitors choose the Host header: only so many are remembered. */
  #mode(host: string | undefined, scheme: 'http' | 'https'): OriginMode {
    const key = `${scheme} ${host}`
    const known = this.#modes.get(key)
    if (known !== undefined) return known
    const { config } = this.#services
    const mode = originMode({ hostHeader: host, config, port: config.port, scheme })
    if (this.#modes.size < 64) this.#modes.set(key, mode)
    return mode
  }
}

interface Identified {
  readonly request: PluginRequest
  readonly sink: ResponseSink
  readonly user: Principal | null
}

const IDENTIFYING: ReadonlySet<string> = new Set(['authorization', 'cookie', PAGE_TOKEN_HEADER])

/** Most requests bring nothing that could tell who asks: they wait for nothing. */
function mayIdentify({ headers }: PluginRequest): boolean {
  for (let index = 0; index < headers.length; index += 2) {
    if (IDENTIFYING.has(headers[index] as string)) return true
  }
  return false
}
