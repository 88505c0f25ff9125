// Everything below the plugins' prefixes and on their own origins: the one way in for the server's short path and for the app.
// Invariant: a request to a plugin gets the same answer through every listener, and every answer carries the plugin headers.

import type { Config } from '../../config.ts'
import type { Route, Routes } from '../../contributions/routes.ts'
import { ERROR_CODES, type ErrorCode } from '../../errors.ts'
import type { Principal } from '../../permissions/principal.ts'
import { pluginHeaders } from '../pages/csp.ts'
import { type OriginMode, originMode, ownOriginOf } from '../pages/origin.ts'
import type { PageAnswer } from '../pages/page-answer.ts'
import { errorAnswer } from '../pages/page-answer.ts'
import type { Pages } from '../pages/pages.ts'
import { locate, type Target } from './locate.ts'
import { handlePluginRequest, type RequestServices, refuse } from './plugin-request.ts'
import { sendPage } from './send-page.ts'
import type { PluginRequest, ResponseSink } from './types.ts'
import { headersOf } from './visitor.ts'

/** Answers paths below `/plugins/:id/.plugbay/` (renewal of page tokens, development); undefined: there is no such path. */
export type OwnPaths = (
  path: string,
  facts: { readonly id: string; readonly route: Route; readonly headers: Headers; readonly method: string },
) => PageAnswer | undefined

export interface TrafficServices extends RequestServices {
  readonly config: Pick<Config, 'publicUrl' | 'pluginDomain' | 'trustProxy' | 'port'>
  readonly routes: Routes
  readonly pages: Pages
  readonly ownPaths: OwnPaths
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
  readonly #basePath: string
  readonly #modes = new Map<string, OriginMode>()

  constructor(services: TrafficServices, basePath = '') {
    this.#services = services
    this.#basePath = basePath
  }

  arrive({ url, host, scheme }: Arrival): Arrived {
    const mode = this.#mode(host, scheme)
    if (mode.kind === 'foreign') return mode
    // Below a base path the rest of the origin is somebody else's application: plugins have no origins of their own there.
    if (mode.kind === 'plugin' && this.#basePath !== '') return { kind: 'runtime' }
    return locate(url, mode, this.#basePath)
  }

  /** Makes the request that `target` of arrive() stands for; see requestFromNode and requestFromWeb. */
  handle(
    target: Exclude<Target, { kind: 'runtime' }>,
    arrival: Arrival,
    exchange: { request: PluginRequest; sink: ResponseSink },
  ): void {
    const found = this.#services.routes.get(target.id)
    const { place } = target
    if (target.kind === 'backend') {
      return handlePluginRequest(found, { ...exchange, place }, this.#services)
    }
    const { request, sink } = exchange
    const headers = headersOf(request)
    if (typeof found !== 'object') {
      const code: ErrorCode = found === undefined || found === 'disabled' ? 'NOT_FOUND' : 'PLUGIN_UNAVAILABLE'
      const security = pluginHeaders(place.mode, {
        mount: place.mount,
        publicOrigin: place.shell,
        network: [],
      })
      const answer = errorAnswer(code, { method: request.method, headers }, security)
      const retry = ERROR_CODES[code].status === 503 ? { 'retry-after': '1' } : {}
      return sendPage({ ...answer, headers: { ...answer.headers, ...retry } }, sink)
    }
    if (target.path.startsWith('/.plugbay/')) {
      const own = this.#services.ownPaths(target.path.slice('/.plugbay'.length), {
        id: target.id,
        route: found,
        headers,
        method: request.method,
      })
      if (own === undefined) return refuse(sink, 'NOT_FOUND', { place, network: [], origin: undefined })
      const security = this.#services.fixedHeaders(found, place)
      return sendPage(own, sink, security)
    }
    const show = (user: Principal | null) => this.#page({ found, target, arrival, headers, user }, exchange)
    const knows = headers.has('cookie') || headers.has('authorization')
    if (!knows || found.access === 'public' || place.mode === 'own') return show(null)
    this.#services.visitor(request, place, found.id).then(show, () => show(null))
  }

  #page(
    facts: {
      found: Route
      target: Extract<Target, { kind: 'page' }>
      arrival: Arrival
      headers: Headers
      user: Principal | null
    },
    { request, sink }: { request: PluginRequest; sink: ResponseSink },
  ): void {
    const { found, target, arrival, headers, user } = facts
    const { place } = target
    const mode = this.#mode(arrival.host, arrival.scheme)
    const answer = this.#services.pages.answer(
      {
        method: request.method,
        path: target.path,
        search: target.query,
        headers,
        mode: place.mode,
        mount: place.mount,
        publicOrigin: place.shell,
        ownOrigin: this.#basePath === '' ? ownOriginOf(mode, found.id) : null,
        user,
      },
      {
        id: found.id,
        artifact: found.artifact,
        access: found.access,
        network: found.grants.network ?? [],
        dev: found.dev,
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
