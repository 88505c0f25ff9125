// Public endpoints: liveness, readiness, and the manifest schema.
// Invariant: no response depends on the client or the host name, so that probes by IP address work.

import { Hono, type MiddlewareHandler } from 'hono'
import { errorPage } from './error-page.ts'

export interface PublicOptions {
  /** Whether the runtime has started and is not closing. */
  readonly isReady: () => boolean
  /** The published schema of manifest.json. */
  readonly manifestSchema: () => Promise<Readonly<Record<string, unknown>>>
}

/** To be mounted at "/". */
export function createPublicRoutes(options: PublicOptions): Hono {
  const app = new Hono()
  // Only on its own paths: the app around it has other policies for other responses.
  for (const path of ['/healthz', '/readyz', '/schema/*', '/docs/*']) app.use(path, setHeaders)
  app.get('/healthz', (c) => c.json({ status: 'ok' }, 200, { 'cache-control': 'no-store' }))
  app.get('/readyz', (c) => {
    const ready = options.isReady()
    return c.json({ status: ready ? 'ready' : 'not-ready' }, ready ? 200 : 503, {
      'cache-control': 'no-store',
    })
  })
  app.get('/docs/errors', (c) => c.html(errorPage(), 200, { 'cache-control': 'public, max-age=3600' }))
  app.get('/schema/manifest.v1.json', async (c) =>
    c.body(JSON.stringify(await options.manifestSchema()), 200, {
      'content-type': 'application/schema+json; charset=utf-8',
      'cache-control': 'public, max-age=3600',
      // Editors in the browser read it from other origins; it is the same for everyone.
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
