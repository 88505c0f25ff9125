// Public endpoints: liveness, readiness, the schema of the manifest, the error codes.
// Invariant: nothing here depends on the client or the Host, so that probes by address work.

import { Hono, type MiddlewareHandler } from 'hono'
import type { BrowserScripts } from '../../bundles/browser-scripts.ts'
import type { ErrorCode } from '../../errors.ts'
import { errorPage } from './error-page.ts'
import { ERROR_PAGE } from './problem-type.ts'

export interface Readiness {
  readonly status: 'ready' | 'not-ready'
  /** Why the data folder takes no writes; absent while the runtime closes. */
  readonly code?: ErrorCode
}

export interface PublicOptions {
  readonly readiness: () => Promise<Readiness>
  /** The published schema of manifest.json. */
  readonly manifestSchema: () => Promise<Readonly<Record<string, unknown>>>
  readonly scripts: BrowserScripts
}

/** The script for pages of the application: plugbay/host-page, ready for a browser. */
const HOST_PAGE_PATH = '/host-page.js'

/** To be mounted at "/". */
export function createPublicRoutes(options: PublicOptions): Hono {
  const app = new Hono()
  // Only on its own paths: the surrounding app has other policies.
  for (const path of ['/healthz', '/readyz', '/schema/*', '/docs/*', HOST_PAGE_PATH])
    app.use(path, setHeaders)
  app.get('/healthz', (c) => c.json({ status: 'ok' }, 200, { 'cache-control': 'no-store' }))
  app.get('/readyz', async (c) => {
    const readiness = await options.readiness()
    return c.json(readiness, readiness.status === 'ready' ? 200 : 503, { 'cache-control': 'no-store' })
  })
  app.get(HOST_PAGE_PATH, (c) => {
    const { code, gzip, etag } = options.scripts('host-page')
    const headers = { etag, 'cache-control': 'no-cache', vary: 'accept-encoding' }
    if (c.req.header('if-none-match')?.includes(etag) === true) return c.body(null, 304, headers)
    const type = { ...headers, 'content-type': 'text/javascript; charset=utf-8' }
    if (!/\bgzip\b/.test(c.req.header('accept-encoding') ?? '')) return c.body(code, 200, type)
    return c.body(gzip, 200, { ...type, 'content-encoding': 'gzip' })
  })
  app.get(ERROR_PAGE, (c) => c.html(errorPage(), 200, { 'cache-control': 'public, max-age=3600' }))
  app.get('/schema/manifest.v1.json', async (c) =>
    c.body(JSON.stringify(await options.manifestSchema()), 200, {
      'content-type': 'application/schema+json; charset=utf-8',
      'cache-control': 'public, max-age=3600',
      // Browser-based editors read it from other origins; it is the same for everyone.
      'access-control-allow-origin': '*',
    }),
  )
  return app
}

const setHeaders: MiddlewareHandler = async (c, next) => {
  await next()
  c.res.headers.set('x-content-type-options', 'nosniff')
  c.res.headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'")
}
