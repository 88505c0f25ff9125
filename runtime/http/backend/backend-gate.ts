// Access to a plugin's backend: the only entry for requests and WebSockets, whatever listener is in front.
// Invariant: a waiting request passes it again when another release serves, with the checks of that release.

import { type LivePlugin, refusalOf } from '../../contributions/live-plugin.ts'
import type { LivePlugins } from '../../contributions/live-plugins.ts'
import { PlugbayError } from '../../errors.ts'
import { mayAccess } from '../../permissions/access.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import { pluginHeaders } from '../pages/csp.ts'
import type { PluginHeadersAt } from '../pages/plugin-header-cache.ts'
import { GuestExchange } from './guest-exchange.ts'
import { refuse } from './refuse.ts'
import { isForeignPage, isOwnPageOrigin, ownPageCors, type ResponseContext } from './response-headers.ts'

export interface BackendServices {
  readonly maxResponseBytes: number
  readonly maxRequestBytes: number
  /** Never passed to a plugin, whatever its form. */
  readonly adminToken: string | null
  readonly nextRequestId: () => string
  readonly live: Pick<LivePlugins, 'get'>
  readonly headersAt: PluginHeadersAt
}

export class BackendGate {
  readonly services: BackendServices

  constructor(services: BackendServices) {
    this.services = services
  }

  /**
   * @param found the plugin as it is now: a waiting request looks it up again, so a swap loses nothing
   * @param arrivedAt when it arrived at a release that has been replaced; undefined for a new request
   */
  admit(found: LivePlugin | undefined, exchange: Exchange, arrivedAt?: number): void {
    const { request, mount, sink, user } = exchange
    const requestOrigin = headerOf(request, 'origin')
    if (found?.kind !== 'serving')
      return refuse(sink, refusalOf(found), { mount, fixed: pluginHeaders(mount, []), requestOrigin })
    const context: ResponseContext = {
      mount,
      access: found.access,
      fixed: this.services.headersAt(found, mount),
      requestOrigin,
      reporter: found,
    }
    if (found.runner === null) return refuse(sink, 'NOT_FOUND', context)
    if (isPreflight(exchange, context)) return preflight(exchange, context)
    if (request.socket !== undefined && found.access !== 'public' && isForeignPage(context))
      return refuse(sink, 'FORBIDDEN', context)
    if (!mayAccess(found.access, user))
      return refuse(sink, user === null ? 'UNAUTHENTICATED' : 'FORBIDDEN', context)
    try {
      new GuestExchange({ plugin: found, exchange, context, arrivedAt }, this).run()
    } catch (error) {
      refuse(sink, error instanceof PlugbayError ? error.code : 'INTERNAL', context)
    }
  }
}

/** A CORS preflight for one of our pages, which have an opaque origin. */
function isPreflight({ request }: Exchange, context: ResponseContext): boolean {
  return (
    request.method === 'OPTIONS' &&
    isOwnPageOrigin(context) &&
    headerOf(request, 'access-control-request-method') !== undefined
  )
}

/** Allows any method and header: the API decides itself. */
function preflight({ request, sink }: Exchange, context: ResponseContext): void {
  const asked = headerOf(request, 'access-control-request-headers')
  sink.answer(
    204,
    [
      ...context.fixed,
      ...ownPageCors(context),
      'access-control-allow-methods',
      headerOf(request, 'access-control-request-method') ?? 'GET',
      ...(asked === undefined ? [] : ['access-control-allow-headers', asked]),
      'access-control-max-age',
      '600',
    ],
    undefined,
  )
}
