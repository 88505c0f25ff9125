// createApp(runtime): everything that the runtime answers, as a Hono app to be mounted under any base path.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type Context, Hono } from 'hono'
import { ERROR_CODES, PlugbayError } from './errors.ts'
import { PluginTraffic } from './http/backend/plugin-traffic.ts'
import { answerWeb, requestFromWeb } from './http/backend/web-exchange.ts'
import type { MeterTarget } from './http/metrics/http-meter.ts'
import { createMetricsRoute } from './http/metrics/metrics-route.ts'
import { createAdminPage } from './http/server/admin-page.ts'
import { problemResponse } from './http/server/problem.ts'
import { createPublicRoutes } from './http/server/public.ts'
import { peerOf, sourceOf } from './http/server/request-source.ts'
import { createUpgrades } from './http/sockets/upgrades.ts'
import type { Runtime } from './runtime.ts'

export interface AppOptions {
  /** Where the app is in the application around it: "/tools". Routes of the app include it. */
  readonly basePath?: string
}

const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

/** For "upgrade" of a Node server. False: the request is not for a plugin, and nothing has been done to it. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => boolean

/**
 * WebSockets of plugins, for a Node server of one's own beside the app: a Hono app sees no upgrades.
 * Give it the same options as createApp(). Its sockets are closed with the runtime.
 * @example
 * const handleUpgrade = createUpgradeHandler(runtime, { basePath: '/tools' })
 * server.on('upgrade', (request, socket, head) => handleUpgrade(request, socket, head) || socket.destroy())
 */
export function createUpgradeHandler(runtime: Runtime, options: AppOptions = {}): UpgradeHandler {
  const basePath = basePathOf(options)
  const traffic = new PluginTraffic(runtime.traffic, basePath)
  return createUpgrades(traffic, { config: runtime.config, basePath }).handle
}

function basePathOf({ basePath = '' }: AppOptions): string {
  return basePath.replace(/\/+$/, '')
}

/** The whole runtime as a Hono app. Closing the runtime stays with whoever made it. */
export function createApp(runtime: Runtime, options: AppOptions = {}): Hono {
  const basePath = basePathOf(options)
  const traffic = new PluginTraffic(runtime.traffic, basePath)
  const app = new Hono()

  app.use(`${basePath}/*`, async (c, next) => {
    const began = performance.now()
    const count = (target: MeterTarget, status: number) =>
      runtime.metrics.meter.record(target, status, performance.now() - began)
    const pass = async () => {
      await next()
      count('runtime', c.res.status)
    }
    const source = sourceOf(c.req.raw, runtime.config)
    const { pathname, search } = new URL(c.req.raw.url)
    const arrival = {
      url: pathname.slice(basePath.length) + search,
      host: source?.host,
      scheme: source?.scheme ?? 'http',
    } as const
    const target = traffic.arrive(arrival)
    if (target.kind === 'runtime') return await pass()
    if (target.kind === 'foreign') {
      // Probes come by address, and what they are told is the same for everyone.
      if (PROBES.has(pathname.slice(basePath.length))) return await pass()
      count('runtime', ERROR_CODES.MISDIRECTED.status)
      return problemResponse(new PlugbayError('MISDIRECTED'), { detailed: false, requestId: '' })
    }
    const url = target.kind === 'backend' ? target.target : target.path
    const request = requestFromWeb(c.req.raw, url, peerOf(c.env))
    const response = await answerWeb(c.req.raw, (sink) => traffic.handle(target, arrival, { request, sink }))
    count(target.kind, response.status)
    return response
  })

  const inner = new Hono()
  inner.get('/', (c) => c.redirect(`${basePath}/admin/`))
  inner.route('/', createPublicRoutes({ isReady: runtime.isReady, manifestSchema }))
  inner.route('/', createAdminPage())
  inner.route('/', createMetricsRoute(runtime))
  inner.all('/api/v1/*', lazyApi(runtime, `${basePath}/api/v1`))
  app.route(basePath === '' ? '/' : basePath, inner)
  app.notFound((c) =>
    problemResponse(new PlugbayError('NOT_FOUND'), {
      detailed: false,
      requestId: c.req.header('x-request-id') ?? '',
    }),
  )
  return app
}

/** The admin API is loaded by its first request: its schemas alone take longer than all else that a server needs to start. */
function lazyApi(runtime: Runtime, path: string): (c: Context) => Promise<Response> {
  let loading: Promise<Hono> | undefined
  const load = async () => {
    const { createApi } = await import('./http/api/create-api.ts')
    return new Hono().route(path, createApi(runtime))
  }
  return async (c) => {
    loading ??= load()
    return await (await loading).fetch(c.req.raw, c.env)
  }
}

async function manifestSchema() {
  const { manifestJsonSchema } = await import('../sdk/manifest/manifest.ts')
  return manifestJsonSchema()
}
