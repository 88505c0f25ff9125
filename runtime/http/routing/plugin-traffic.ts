// The entry for all requests to plugins, from the server's short path and from the app.
// Invariant: a request gets the same answer through every listener, and every answer carries the plugin headers.

import type { Config } from '../../config/config.ts'
import { type LivePlugin, refusalOf } from '../../contributions/live-plugin.ts'
import type { LivePlugins } from '../../contributions/live-plugins.ts'
import { PlugbayError } from '../../errors.ts'
import type { BackendGate } from '../backend/backend-gate.ts'
import { refuse } from '../backend/refuse.ts'
import { PAGE_TOKEN_HEADER } from '../backend/request-head.ts'
import { type Answer, sendAnswer } from '../exchange/answer.ts'
import type { Exchange, PluginRequest } from '../exchange/exchange.ts'
import type { Mount } from '../exchange/mount.ts'
import type { ResponseSink } from '../exchange/response-sink.ts'
import type { FindVisitor } from '../identity/visitor.ts'
import { pluginHeaders } from '../pages/csp.ts'
import { errorAnswer } from '../pages/error-page.ts'
import type { Pages } from '../pages/pages.ts'
import type { PluginHeadersAt } from '../pages/plugin-header-cache.ts'
import { type Located, locate, type Target } from './locate.ts'
import { type OriginMode, originMode } from './origin.ts'
import type { ReservedPaths } from './reserved-paths.ts'

export interface TrafficServices {
  readonly config: Pick<Config, 'publicUrl' | 'pluginDomain' | 'port'>
  readonly live: Pick<LivePlugins, 'get'>
  readonly backends: BackendGate
  readonly pages: Pages
  readonly reservedPaths: ReservedPaths
  readonly headersAt: PluginHeadersAt
  /** The embedding application vouches for its users, by means that only it knows: it is asked about every request. */
  readonly vouches: boolean
  /** Identifies the visitor by page token, bearer token or session. Without `vouches` only called when a header may identify one. */
  readonly visitor: FindVisitor
}

/** The facts by which a request is located. */
export interface Incoming {
  /** Path and query as received, below the base path. */
  readonly url: string
  readonly host: string | undefined
  readonly scheme: 'http' | 'https'
}

export class PluginTraffic {
  readonly #services: TrafficServices
  /** The base path: "", or "/tools" in an embedding application. */
  readonly basePath: string
  readonly #modes = new Map<string, OriginMode>()

  constructor(services: TrafficServices, basePath = '') {
    this.#services = services
    this.basePath = basePath
  }

  /** Finds the target of a request; the caller answers `foreign` with 421. */
  locate({ url, host, scheme }: Incoming): Target | { readonly kind: 'foreign' } {
    const mode = this.#mode(host, scheme)
    if (mode.kind === 'foreign') return mode
    // See locate(): there are no own origins below a base path.
    if (mode.kind === 'plugin' && this.basePath !== '') return { kind: 'foreign' }
    return locate(url, mode, this.basePath)
  }

  /** Answers a request that locate() assigned to a plugin; see requestFromNode and requestFromWeb. */
  handle({ kind, mount }: Located, request: PluginRequest, sink: ResponseSink): void {
    if (!this.#services.vouches && !mayIdentify(request))
      return this.#serve(kind, { request, mount, sink, user: null })
    this.#services.visitor(request, mount).then(
      (user) => this.#serve(kind, { request, mount, sink, user }),
      (error: unknown) => {
        const code = error instanceof PlugbayError ? error.code : 'INTERNAL'
        refuse(sink, code, { mount, fixed: pluginHeaders(mount, []), requestOrigin: undefined })
      },
    )
  }

  #serve(kind: Located['kind'], exchange: Exchange): void {
    const { mount, sink } = exchange
    const found = this.#services.live.get(mount.id)
    if (kind === 'backend') return this.#services.backends.admit(found, exchange)
    if (kind === 'reserved') return this.#reserved(found, exchange)
    if (found?.kind !== 'serving') return this.#unavailable(found, exchange)
    const answer = this.#services.pages.answer(exchange, found)
    if (answer instanceof Promise) void answer.then((ready) => sendAnswer(ready, sink))
    else sendAnswer(answer, sink)
  }

  #reserved(found: LivePlugin | undefined, exchange: Exchange): void {
    const { request, mount, sink } = exchange
    const path = request.target.split('?', 1)[0] ?? ''
    const plugin = found?.kind === 'serving' ? found : undefined
    const answer = this.#services.reservedPaths.answer(path, exchange, plugin)
    const fixed = this.#headersOf(found, mount)
    if (answer === undefined) refuse(sink, 'NOT_FOUND', { mount, fixed, requestOrigin: undefined })
    else sendAnswer(withHeaders(fixed, answer), sink)
  }

  #unavailable(found: Exclude<LivePlugin, { kind: 'serving' }> | undefined, exchange: Exchange): void {
    const { request, mount, sink } = exchange
    const fixed = pluginHeaders(mount, [])
    const fallback = this.#services.reservedPaths.fallbackPage(exchange)
    sendAnswer(
      fallback === undefined ? errorAnswer(refusalOf(found), request, fixed) : withHeaders(fixed, fallback),
      sink,
    )
  }

  #headersOf(found: LivePlugin | undefined, mount: Mount): readonly string[] {
    return found?.kind === 'serving' ? this.#services.headersAt(found, mount) : pluginHeaders(mount, [])
  }

  /** Clients choose the Host header: the cache is bounded. */
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

const IDENTIFYING: ReadonlySet<string> = new Set(['authorization', 'cookie', PAGE_TOKEN_HEADER])

/** Most requests carry no credential and are served without waiting. */
function mayIdentify({ headers }: PluginRequest): boolean {
  for (let index = 0; index < headers.length; index += 2) {
    if (IDENTIFYING.has(headers[index] as string)) return true
  }
  return false
}

function withHeaders(first: readonly string[], answer: Answer): Answer {
  return { ...answer, headers: [...first, ...answer.headers] }
}
