// The Hono app of a runtime: plugins first, then the runtime's own pages and API, below any base path.
// Invariant: every request is located once; responses of plugins never pass through the runtime's own routes.

import { type Context, Hono } from 'hono'
import type { BrowserScripts } from '../bundles/browser-scripts.ts'
import { mainOrigin } from '../config/public-urls.ts'
import { ERROR_CODES, type ErrorCode, PlugbayError } from '../errors.ts'
import type { ApiServices } from './api/services.ts'
import { PLUGINS } from './exchange/mount.ts'
import { answerWeb, requestFromWeb } from './exchange/web-exchange.ts'
import type { MeterTarget } from './metrics/http-meter.ts'
import type { Metrics } from './metrics/metrics.ts'
import { createMetricsRoute } from './metrics/metrics-route.ts'
import { meterTargetOf } from './routing/locate.ts'
import type { PluginTraffic } from './routing/plugin-traffic.ts'
import { isPlainTarget } from './routing/raw-target.ts'
import { createReturnPage } from './routing/return-page.ts'
import { createAdminPage } from './server/admin-page.ts'
import { type ForeignName, foreignNamePage } from './server/foreign-name-page.ts'
import { keepPolicy } from './server/kept-policy.ts'
import { problemResponse } from './server/problem.ts'
import { createPublicRoutes, type Readiness } from './server/public.ts'
import { rawTargetOf, sourceOf } from './server/request-source.ts'

export interface AppServices extends Omit<ApiServices, 'ownOrigins' | 'shell'> {
  readonly metrics: Metrics
  readonly readiness: () => Promise<Readiness>
  readonly scripts: BrowserScripts
  /** Target of "/", below the base path; the admin page by default. */
  readonly home?: (() => string) | undefined
  /** The pages where users of the runtime sign in, "/" among them, below a base path. */
  readonly signIn?: ((basePath: string) => (c: Context) => Promise<Response>) | undefined
}

/** Paths of the runtime, without a base path. */
const OURS = /^\/(?:admin|api\/v1|plugins|healthz|readyz|metrics|sign-in)(?:\/|$)/
const SIGN_IN_PATHS = [
  '/sign-in',
  '/sign-in/*',
  '/sign-out',
  '/account',
  '/account/*',
  '/set-password',
] as const
const PROBES: ReadonlySet<string> = new Set(['/healthz', '/readyz'])

/** All requests: plugins and the runtime's own. */
export function createApp(services: AppServices, traffic: PluginTraffic): Hono {
  const { basePath, isWhole } = traffic
  const app = createOwnApp(services, traffic)
  const onLost = createLostPolicyReporter(services)
  const reportStripped = createStrippedReporter(services, traffic)
  const route = isWhole ? '/*' : `${basePath}/*`
  const whole = new Hono()
  whole.use(route, async (c) => {
    const began = performance.now()
    // Not by the helper of "hono/route": the application may have a copy of Hono of its own, whose requests ours cannot read.
    requireOwnRoute(c.req.routePath, { route, basePath })
    const count = (kind: MeterTarget, status: number) =>
      services.metrics.meter.record(kind, status, performance.now() - began)
    const refuse = (code: ErrorCode): Response => {
      count('runtime', ERROR_CODES[code].status)
      const { url, method, headers } = c.req.raw
      const host = headers.get('host') ?? undefined
      traffic.refusedStray({ url: new URL(url).pathname, method, host, headers: [...headers].flat() }, code)
      return problemResponse(new PlugbayError(code), { detailed: false, requestId: '', shell: basePath })
    }
    const { pathname, search } = new URL(c.req.raw.url)
    // The URL of a Request has been repaired by its constructor: only a Node server still has what was sent.
    if (!isPlainTarget(rawTargetOf(c.env) ?? pathname) || (!isWhole && !pathname.startsWith(basePath)))
      return refuse('BAD_REQUEST')
    const source = sourceOf(c.req.raw, services.config)
    const url = pathname + search
    const target = traffic.locate({ url, host: source?.host, scheme: source?.scheme ?? 'http' })
    if (target.kind === 'runtime') return await app.fetch(c.req.raw, c.env)
    if (target.kind === 'outside') {
      count('runtime', pathname === '/' ? 302 : 404)
      if (pathname === '/') return c.redirect(`${basePath}/`)
      if (OURS.test(pathname)) reportStripped()
      return notFound(c, basePath)
    }
    if (target.kind === 'misspelt') return refuse('BAD_REQUEST')
    if (target.kind === 'foreign') {
      // Probes use the address as Host, and their answer is the same for everyone.
      if (PROBES.has(pathname.slice(basePath.length))) return await app.fetch(c.req.raw, c.env)
      const hasOthers = mainOrigin(services.config) !== null
      return toForeignName(c, { name: { host: source?.host, hasOthers }, refuse })
    }
    const request = requestFromWeb(c.req.raw, { url, target: target.target })
    const response = await answerWeb(c.req.raw, (sink) => traffic.handle(target, request, sink))
    count(meterTargetOf(target), response.status)
    const policy = response.headers.get('content-security-policy')
    if (policy !== null) keepPolicy(c.env, { policy, onLost })
    return response
  })
  whole.notFound((c) => {
    if (OURS.test(c.req.path)) reportStripped()
    return notFound(c, basePath)
  })
  return whole
}

/** Before any credential is looked at: a page for people, a problem for programs. */
function toForeignName(
  c: Context,
  { name, refuse }: { readonly name: ForeignName; readonly refuse: (code: ErrorCode) => Response },
): Response {
  const problem = refuse('MISDIRECTED')
  const isForReader = c.req.method === 'GET' && c.req.header('accept')?.includes('text/html') === true
  return isForReader ? foreignNamePage(name) : problem
}

/** `new Hono().basePath('/tools').route('/', createApp(runtime))`: addresses would lead past the application. */
function requireOwnRoute(
  found: string,
  { route, basePath }: { readonly route: string; readonly basePath: string },
): void {
  const before = found.slice(0, -route.length)
  if (before === '') return
  throw new TypeError(
    `The application has the runtime below "${before}" without telling it: write createApp(runtime, { basePath: "${before}${basePath}" }), and app.route("/", …) on an app without a base path (docs/http.md)`,
  )
}

/** `app.mount('/tools', createApp(runtime, { basePath: '/tools' }).fetch)` takes the path away, and so do proxies. */
function createStrippedReporter(
  { log }: Pick<AppServices, 'log'>,
  { basePath, isWhole }: PluginTraffic,
): () => void {
  const advice = isWhole
    ? 'a proxy in front must leave the path as it is, "proxy_pass http://127.0.0.1:3000;" without a slash at its end in nginx (docs/deploy.md)'
    : 'use app.route("/", createApp(…)), or app.mount(…) with { replaceRequest: (request) => request } (docs/http.md)'
  let isReported = false
  return () => {
    if (isReported || basePath === '') return
    isReported = true
    log.warn(`A request arrived without the base path "${basePath}": ${advice}`)
  }
}

/** The runtime's own requests, after they have been located. */
export function createOwnApp(services: AppServices, traffic: PluginTraffic): Hono {
  const { basePath } = traffic
  const { metrics, readiness, scripts, home = () => '/admin/' } = services
  const app = new Hono()
  app.use(async (c, next) => {
    const began = performance.now()
    await next()
    metrics.meter.record('runtime', c.res.status, performance.now() - began)
  })
  const inner = new Hono()
  const signIn = services.signIn?.(basePath)
  const toHome = signIn ?? ((c: Context) => c.redirect(basePath + home()))
  inner.get('/', toHome)
  if (signIn !== undefined) for (const path of SIGN_IN_PATHS) inner.all(path, signIn)
  // With a slash: to the router another path than the base path itself.
  if (basePath !== '') app.get(`${basePath}/`, toHome)
  inner.get(PLUGINS, createReturnPage(services, traffic))
  inner.route('/', createPublicRoutes({ readiness, manifestSchema, scripts }))
  const ownOrigins = (request: Request) => {
    const source = sourceOf(request, services.config)
    return source && traffic.ownOrigins(source)
  }
  inner.route('/', createAdminPage({ ownOrigins }))
  inner.route('/', createMetricsRoute({ ...services, shell: basePath }))
  inner.all('/api/v1/*', lazyApi({ ...services, ownOrigins, shell: basePath }, `${basePath}/api/v1`))
  app.route(basePath === '' ? '/' : basePath, inner)
  app.notFound((c) => notFound(c, basePath))
  return app
}

/** Once an hour: every answer of a plugin is affected. */
function createLostPolicyReporter({ log }: Pick<AppServices, 'log'>): () => void {
  let told = Number.NEGATIVE_INFINITY
  return () => {
    if (performance.now() - told < 3_600_000) return
    told = performance.now()
    log.warn(
      'The application replaces the content-security-policy of plugins, which isolates their pages from it. It was added again: leave paths of plugins out of secureHeaders(), helmet and the like (docs/http.md, "In your application")',
    )
  }
}

function notFound(c: Context, shell: string): Response {
  return problemResponse(new PlugbayError('NOT_FOUND'), {
    detailed: false,
    requestId: c.req.header('x-request-id') ?? '',
    shell,
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
