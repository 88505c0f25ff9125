// The entry for all requests to plugins, from the server's short path and from the app.
// Invariant: a request gets the same answer through every listener, and every answer carries the plugin headers.

import type { Config } from '../../config/config.ts'
import { type LivePlugin, refusalOf } from '../../contributions/live-plugin.ts'
import type { LivePlugins } from '../../contributions/live-plugins.ts'
import { type ErrorCode, PlugbayError } from '../../errors.ts'
import type { Revocations } from '../../permissions/revocations.ts'
import type { Recorder, StrayRequest } from '../../recording/recorder.ts'
import type { ArrivedRequest } from '../../recording/request-arrival.ts'
import type { BackendGate } from '../backend/backend-gate.ts'
import { refuse } from '../backend/refuse.ts'
import { PAGE_TOKEN_HEADER } from '../backend/request-headers.ts'
import { type Answer, sendAnswer } from '../exchange/answer.ts'
import { type Exchange, type PluginRequest, withState } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import type { LanguagePrefixes } from '../exchange/language-prefix.ts'
import type { Mount } from '../exchange/mount.ts'
import type { ResponseSink } from '../exchange/response-sink.ts'
import type { FindVisitor } from '../identity/visitor.ts'
import { stateHeaders } from '../pages/browser-state.ts'
import { pluginHeaders } from '../pages/csp.ts'
import { busyAnswer, errorAnswer, redirectAnswer } from '../pages/error-page.ts'
import type { PagePlaces } from '../pages/page-places.ts'
import { PageRequest, type PageServer } from '../pages/page-request.ts'
import type { Pages } from '../pages/pages.ts'
import type { PluginHeadersAt } from '../pages/plugin-header-cache.ts'
import { isWorkerScript, workerAnswer } from '../pages/service-worker.ts'
import { type Located, locate, type Place, type Target } from './locate.ts'
import { type OriginMode, originMode } from './origin.ts'
import type { ReservedPaths } from './reserved-paths.ts'
import type { SandboxProbe } from './sandbox-probe.ts'

export interface TrafficServices {
  readonly config: Pick<Config, 'publicUrl' | 'publicUrls' | 'pluginDomain' | 'port' | 'http'>
  readonly live: Pick<LivePlugins, 'get'>
  readonly languages: LanguagePrefixes
  readonly backends: BackendGate
  readonly pages: Pages
  /** The places of a plugin's pages, one for all base paths. */
  readonly placesOf: (pluginId: string) => PagePlaces
  readonly revocations: Pick<Revocations, 'isOver'>
  readonly reservedPaths: ReservedPaths
  readonly probe: Pick<SandboxProbe, 'keepsSandbox'>
  /** Aborted when the runtime is about to close: plugins that are not there any more have not been uninstalled. */
  readonly ending: AbortSignal
  readonly headersAt: PluginHeadersAt
  /** Only in development. */
  readonly recorder?: Pick<Recorder, 'arrival' | 'refusedStray'> | undefined
  /** The embedding application vouches for its users, by means that only it knows: it is asked about every request. */
  readonly vouches: boolean
  /** Identifies the visitor by page token, bearer token or session. Without `vouches` only called when a header may identify one. */
  readonly visitor: FindVisitor
}

/** The facts by which a request is located. */
export interface Incoming {
  /** Path and query as received. */
  readonly url: string
  readonly host: string | undefined
  readonly scheme: 'http' | 'https'
}

/** "http" and "localhost:3000": a plugin is at http://<id>.localhost:3000. */
export interface OwnOrigins {
  readonly scheme: 'http' | 'https'
  readonly names: string
}

export interface TrafficPlace {
  /** "", or "/tools". */
  readonly basePath: string
  /** All paths of the listener are ours: plugins have own origins there although there is a base path. */
  readonly isWhole: boolean
}

/** `foreign`: the name is not ours. `outside`: the path is not below the base path. */
export type Location = Target | { readonly kind: 'foreign' } | { readonly kind: 'outside' }

export class PluginTraffic implements PageServer {
  readonly #services: TrafficServices
  readonly basePath: string
  readonly isWhole: boolean
  readonly #place: Place
  readonly #modes = new Map<string, OriginMode>()

  constructor(services: TrafficServices, { basePath, isWhole }: TrafficPlace) {
    this.#services = services
    this.basePath = basePath
    this.isWhole = isWhole || basePath === ''
    const { languages, config } = services
    const { ownOriginsOnly } = config.http
    // In an application, the rest of the origin is another's: it must choose to pass on what is for other origins.
    this.#place = { basePath, hasOwnOrigins: this.isWhole || ownOriginsOnly, ownOriginsOnly, languages }
  }

  /** Finds the target of a request; the caller answers `foreign` with 421, and `outside` with 404. */
  locate({ url, host, scheme }: Incoming): Location {
    const mode = this.#mode(host, scheme)
    if (mode.kind === 'foreign') return mode
    // Another app, without a base path, serves them.
    if (mode.kind === 'plugin') return this.isWhole ? locate(url, mode, this.#place) : FOREIGN
    const { basePath } = this
    if (basePath === '') return locate(url, mode, this.#place)
    return isBelow(url, basePath) ? locate(url.slice(basePath.length), mode, this.#place) : OUTSIDE
  }

  /** Of plugins, for visitors who reach the server in this way; null without them. */
  ownOrigins({ host, scheme }: Pick<Incoming, 'host' | 'scheme'>): OwnOrigins | null {
    const mode = this.#mode(host, scheme)
    if (mode.kind !== 'shared' || mode.pluginSuffix === null || !this.#place.hasOwnOrigins) return null
    return { scheme: mode.origin.startsWith('https:') ? 'https' : 'http', names: mode.pluginSuffix }
  }

  /** Answers a request that locate() assigned to a plugin; see requestFromNode and requestFromWeb. */
  handle(located: Located, request: PluginRequest, sink: ResponseSink): void {
    const { kind, mount, movedTo } = located
    const { recorder } = this.#services
    if (recorder !== undefined) sink.arrival = recorder.arrival(mount.id, arrivedOf(located, request))
    // 307 keeps the method.
    if (movedTo !== undefined) return sendAnswer(redirectAnswer(307, movedTo, pluginHeaders(mount, [])), sink)
    if (!this.#services.vouches && !mayIdentify(request))
      return this.#serve(kind, { request, mount, sink, user: null, isPage: false })
    this.#services.visitor(request, mount).then(
      (visitor) => this.#serve(kind, { request, mount, sink, ...visitor }),
      (error: unknown) => {
        const code = error instanceof PlugbayError ? error.code : 'INTERNAL'
        const why = error instanceof PlugbayError ? error.message : undefined
        const fixed = pluginHeaders(mount, [])
        // A page may learn that its token is too old; the answer says nothing of the plugin.
        const isPage = code === 'UNAUTHENTICATED'
        refuse(sink, { code, why }, { mount, fixed, requestOrigin: headerOf(request, 'origin'), isPage })
      },
    )
  }

  /** Of a request that is answered without having been located. */
  refusedStray(request: StrayRequest, code: ErrorCode): void {
    this.#services.recorder?.refusedStray(request, code)
  }

  #serve(kind: Located['kind'], exchange: Exchange): void {
    const { request, mount, sink, user } = exchange
    sink.arrival?.isFor(user)
    if (mount.mode === 'own' || kind === 'reserved' || !isDocument(request)) this.#pass(kind, exchange)
    else this.#serveDocument(kind, exchange)
  }

  /** Apart: what a closure captures costs every call of the function around it. */
  #serveDocument(kind: Located['kind'], exchange: Exchange): void {
    const verdict = this.#services.probe.keepsSandbox(exchange.mount)
    const go = (isKept: boolean): void =>
      isKept ? this.#pass(kind, exchange) : this.#refuseDocument(exchange)
    if (typeof verdict === 'boolean') go(verdict)
    else void verdict.then(go)
  }

  #refuseDocument(exchange: Exchange): void {
    sendAnswer(errorAnswer('PAGE_NOT_ISOLATED', exchange, pluginHeaders(exchange.mount, [])), exchange.sink)
  }

  #pass(kind: Located['kind'], arrived: Exchange): void {
    const { request, mount, sink } = arrived
    const found = this.#services.live.get(mount.id)
    const isEnding = found === undefined && this.#services.ending.aborted
    if (isWorkerScript(request) && !isEnding) {
      const fixed = this.#headersOf(found, mount)
      return sendAnswer(workerAnswer({ found, request, mount, isPage: kind === 'page', fixed }), sink)
    }
    const state = mount.mode === 'opaque' || isEnding ? undefined : stateHeaders(found, arrived)
    const exchange = state === undefined || state.length === 0 ? arrived : { ...arrived, stateHeaders: state }
    if (kind === 'backend') return this.#services.backends.admit(found, exchange)
    if (kind === 'reserved') return this.#reserved(found, exchange)
    if (found?.kind !== 'serving') return sendAnswer(this.#unavailable(found, exchange), sink)
    new PageRequest(exchange, this).run(this.#services.placesOf(mount.id))
  }

  answerPage(exchange: Exchange): Answer | Promise<Answer> {
    const { mount, user } = exchange
    const { live, pages, revocations } = this.#services
    const found = live.get(mount.id)
    if (found?.kind !== 'serving') return this.#unavailable(found, exchange)
    if (user === null || !revocations.isOver(user)) return pages.answer(exchange, found)
    return pages.answer({ ...exchange, user: null }, found)
  }

  refusePage(exchange: Exchange, retryAfterMs: number): Answer {
    const { mount } = exchange
    return busyAnswer(retryAfterMs, exchange, this.#headersOf(this.#services.live.get(mount.id), mount))
  }

  #reserved(found: LivePlugin | undefined, exchange: Exchange): void {
    const { request, mount, sink } = exchange
    const path = request.target.split('?', 1)[0] ?? ''
    const plugin = found?.kind === 'serving' ? found : undefined
    const answer = this.#services.reservedPaths.answer(path, exchange, plugin)
    const fixed = withState(this.#headersOf(found, mount), exchange)
    const refuseWith = (code: ErrorCode): void =>
      refuse(sink, code, { mount, fixed, requestOrigin: undefined, isPage: false })
    if (answer === undefined) refuseWith('NOT_FOUND')
    else if (answer instanceof Promise)
      void answer.then(
        (late) => sendAnswer(withHeaders(fixed, late), sink),
        (error: unknown) => refuseWith(error instanceof PlugbayError ? error.code : 'INTERNAL'),
      )
    else sendAnswer(withHeaders(fixed, answer), sink)
  }

  #unavailable(found: Exclude<LivePlugin, { kind: 'serving' }> | undefined, exchange: Exchange): Answer {
    const fixed = withState(pluginHeaders(exchange.mount, []), exchange)
    const fallback = this.#services.reservedPaths.fallbackPage(exchange)
    return fallback === undefined
      ? errorAnswer(refusalOf(found), exchange, fixed)
      : { ...withHeaders(fixed, fallback), refusal: { code: refusalOf(found), why: found?.problem?.message } }
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

/** Backends are recorded by the path that they see. */
function arrivedOf(
  { kind, mount }: Located,
  { method, url, target, headers }: PluginRequest,
): ArrivedRequest {
  return { method, headers, target: kind === 'backend' ? target : url.slice(mount.path.length) || '/' }
}

const FOREIGN = { kind: 'foreign' } as const
const OUTSIDE = { kind: 'outside' } as const

function isBelow(url: string, basePath: string): boolean {
  const next = url[basePath.length]
  return url.startsWith(basePath) && (next === undefined || next === '/' || next === '?')
}

/** What a tab or a frame shows. Browsers name it at trustworthy addresses only. */
function isDocument(request: PluginRequest): boolean {
  const destination = headerOf(request, 'sec-fetch-dest')
  if (destination !== undefined) return /^(?:document|iframe|frame|embed|object)$/.test(destination)
  return (headerOf(request, 'accept') ?? '').includes('text/html')
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
