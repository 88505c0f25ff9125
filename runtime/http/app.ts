// The Hono app of a runtime: plugins first, then the runtime's own pages and API, below any base path.
// Invariant: every request is located once; responses of plugins never pass through the runtime's own routes.

import { type Context, Hono } from 'hono'
import { ERROR_CODES, PlugbayError } from '../errors.ts'
import type { ApiServices } from './api/services.ts'
import { answerWeb, requestFromWeb } from './exchange/web-exchange.ts'
import type { MeterTarget } from './metrics/http-meter.ts'
import type { Metrics } from './metrics/metrics.ts'
import { createMetricsRoute } from './metrics/metrics-route.ts'
import { meterTargetOf } from './routing/locate.ts'
import type { PluginTraffic } from './routing/plugin-traffic.ts'
import { createAdminPage } from './server/admin-page.ts'
import { problemResponse } from './server/problem.ts'
import { createPublicRoutes } from './server/public.ts'
import { peerOf, sourceOf } from './server/request-source.ts'

export interface AppServices extends ApiServices {
  readonly metrics: Metrics
  readonly isReady: () => boolean
  /** Target of "/", below the base path; the admin page by default. */
  readonly home?: (() => string) | undefined
}

const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

/** All requests: plugins and the runtime's own. */
export function createApp(services: AppServices, traffic: PluginTraffic): Hono {
  const { basePath } = traffic
  const app = createOwnApp(services, basePath)
  const whole = new Hono()
  whole.use(`${basePath}/*`, async (c) => {
    const source = sourceOf(c.req.raw, services.config)
    const { pathname, search } = new URL(c.req.raw.url)
    const url = pathname + search
    const target = traffic.locate({
      url: url.slice(basePath.length),
      host: source?.host,
      scheme: source?.scheme ?? 'http',
    })
    if (target.kind === 'runtime') return await app.fetch(c.req.raw, c.env)
    const began = performance.now()
    const count = (kind: MeterTarget, status: number) =>
      services.metrics.meter.record(kind, status, performance.now() - began)
    if (target.kind === 'foreign') {
      // Probes use the address as Host, and their answer is the same for everyone.
      if (PROBES.has(pathname.slice(basePath.length))) return await app.fetch(c.req.raw, c.env)
      count('runtime', ERROR_CODES.MISDIRECTED.status)
      return problemResponse(new PlugbayError('MISDIRECTED'), { detailed: false, requestId: '' })
    }
    const request = requestFromWeb(c.req.raw, { url, target: target.target, peer: peerOf(c.env) })
    const response = await answerWeb(c.req.raw, (sink) => traffic.handle(target, request, sink))
    count(meterTargetOf(target), response.status)
    return response
  })
  whole.notFound(notFound)
  return whole
}

/** The runtime's own requests, after they have been located. */
export function createOwnApp(services: AppServices, basePath: string): Hono {
  const { metrics, isReady, home = () => '/admin/' } = services
  const app = new Hono()
  app.use(async (c, next) => {
    const began = performance.now()
    await next()
    metrics.meter.record('runtime', c.res.status, performance.now() - began)
  })
  const inner = new Hono()
  inner.get('/', (c) => c.redirect(basePath + home()))
  inner.route('/', createPublicRoutes({ isReady, manifestSchema }))
  inner.route('/', createAdminPage())
  inner.route('/', createMetricsRoute(services))
  inner.all('/api/v1/*', lazyApi(services, `${basePath}/api/v1`))
  app.route(basePath === '' ? '/' : basePath, inner)
  app.notFound(notFound)
  return app
}

function notFound(c: Context): Response {
  return problemResponse(new PlugbayError('NOT_FOUND'), {
    detailed: false,
    requestId: c.req.header('x-request-id') ?? '',
  })
}

/**
 * The admin API is loaded by its first request: its schemas alone take longer to load than everything else a server needs to
 * start.
 */
function lazyApi(services: ApiServices, path: string): (c: Context) => Promise<Response> {
  let loading: Promise<Hono> | undefined
  const load = async () => {
    const { createApi } = await import('./api/create-api.ts')
    return new Hono().route(path, createApi(services))
  }
  return async (c) => {
    loading ??= load()
    return await (await loading).fetch(c.req.raw, c.env)
  }
}

async function manifestSchema() {
  const { manifestJsonSchema } = await import('../../sdk/manifest/manifest.ts')
  return manifestJsonSchema()
}
