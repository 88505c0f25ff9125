// Access to a plugin's backend: the only entry for requests and WebSockets, whatever listener is in front.
// Invariant: a waiting request passes it again when another release serves, with the checks of that release.

import { type LivePlugin, refusalOf, type ServingPlugin } from '../../contributions/live-plugin.ts'
import type { LivePlugins } from '../../contributions/live-plugins.ts'
import { mayVisit } from '../../contributions/path-guards.ts'
import { PlugbayError } from '../../errors.ts'
import { mayAccess, refusalFor, whyNoAccess } from '../../permissions/access.ts'
import type { Revocations } from '../../permissions/revocations.ts'
import { type Exchange, withState } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import type { LanguageOf } from '../exchange/visitor-language.ts'
import { pluginHeaders } from '../pages/csp.ts'
import { isForeignPage, preflightAnswer } from '../pages/page-cors.ts'
import type { PluginHeadersAt } from '../pages/plugin-header-cache.ts'
import type { WayBack } from '../routing/way-back.ts'
import type { FilesOfPlugins } from './file-pipe.ts'
import { GivenCors } from './given-cors.ts'
import { GuestExchange, type Waited } from './guest-exchange.ts'
import { refuse } from './refuse.ts'
import type { ResponseContext } from './response-headers.ts'

const FOREIGN_SOCKET = 'A page of another site opens a WebSocket, and the plugin is not public'

export interface BackendServices {
  readonly files: FilesOfPlugins
  readonly maxResponseBytes: number
  readonly maxRequestBytes: number
  /** Never passed to a plugin, whatever its form. */
  readonly adminToken: string | null
  /** Patterns of response headers that plugins may set besides the usual ones. */
  readonly allowedHeaders: readonly string[]
  readonly nextRequestId: () => string
  readonly live: Pick<LivePlugins, 'get'>
  readonly headersAt: PluginHeadersAt
  readonly languageOf: LanguageOf
  readonly revocations: Pick<Revocations, 'watch'>
  /** Absent where visitors do not sign in at the runtime. */
  readonly signInAddress?: WayBack | undefined
}

export class BackendGate {
  readonly services: BackendServices
  readonly #cors = new WeakMap<ServingPlugin, GivenCors>()

  constructor(services: BackendServices) {
    this.services = services
  }

  /**
   * @param found the plugin as it is now: a waiting request looks it up again, so a swap loses nothing
   * @param waited undefined for a new request
   */
  admit(found: LivePlugin | undefined, exchange: Exchange, waited?: Waited): void {
    const { request, mount, sink, user, isPage } = exchange
    const requestOrigin = headerOf(request, 'origin')
    if (found?.kind !== 'serving')
      return refuse(sink, refusalOf(found), {
        mount,
        fixed: withState(pluginHeaders(mount, []), exchange),
        requestOrigin,
        isPage,
      })
    const context: ResponseContext = {
      mount,
      access: found.access,
      fixed: withState(this.services.headersAt(found, mount), exchange),
      requestOrigin,
      isPage,
      reporter: found,
      allowed: this.services.allowedHeaders,
      request,
      cors: requestOrigin === undefined || found.access !== 'public' ? undefined : this.#corsOf(found),
    }
    if (found.runner === null)
      return refuse(sink, { code: 'NOT_FOUND', why: 'The plugin has no backend' }, context)
    const preflight = preflightAnswer(request, mount)
    if (preflight !== undefined)
      return sink.answer(preflight.status, [...context.fixed, ...preflight.headers], undefined)
    if (request.socket !== undefined && found.access !== 'public' && isForeignPage(context))
      return refuse(sink, { code: 'FORBIDDEN', why: FOREIGN_SOCKET }, context)
    if (!mayAccess(found.access, user) || !mayVisit(found, request.target, user))
      return this.#refuseVisitor(found, exchange, context)
    try {
      new GuestExchange({ plugin: found, exchange, context, waited }, this).run()
    } catch (error) {
      refuse(sink, error instanceof PlugbayError ? error.code : 'INTERNAL', context)
    }
  }

  #refuseVisitor(
    { access }: ServingPlugin,
    { request, mount, sink, user }: Exchange,
    context: ResponseContext,
  ): void {
    const refusal = { code: refusalFor(user), why: whyNoAccess(access, user) }
    const signIn = user === null ? this.services.signInAddress?.(request, mount) : undefined
    if (signIn === undefined) return refuse(sink, refusal, context)
    sink.arrival?.isRefused(refusal, 302)
    sink.answer(302, [...context.fixed, 'location', signIn, 'cache-control', 'no-store'], undefined)
  }

  #corsOf(plugin: ServingPlugin): GivenCors {
    const known = this.#cors.get(plugin)
    if (known !== undefined) return known
    const made = new GivenCors()
    this.#cors.set(plugin, made)
    return made
  }
}
