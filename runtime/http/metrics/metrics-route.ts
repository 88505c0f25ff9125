// GET /metrics, which needs a permission: figures reveal which plugins are installed and how they are used.
// Invariant: nothing is read before name, credential and permission have been checked.

import { Hono } from 'hono'
import { PlugbayError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { authorize } from '../../permissions/authorize.ts'
import type { Authenticator } from '../identity/authenticate.ts'
import { requireOwnName } from '../identity/origin-guard.ts'
import { logFailure, problemResponse, toPlugbayError } from '../server/problem.ts'
import { peerOf, type SourceConfig } from '../server/request-source.ts'
import type { Metrics } from './metrics.ts'

export interface MetricsRouteOptions {
  readonly metrics: Metrics
  readonly authenticator: Pick<Authenticator, 'identify'>
  readonly config: SourceConfig
  readonly log: Log
  /** As in problemType(). */
  readonly shell: string
}

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
}

/** To be mounted at "/". The permission is `metrics.view`. */
export function createMetricsRoute(options: MetricsRouteOptions): Hono {
  const { metrics, authenticator, config, log, shell } = options
  const app = new Hono()
  app.all('/metrics', async (c) => {
    let isKnown = false
    try {
      if (c.req.method !== 'GET' && c.req.method !== 'HEAD') throw new PlugbayError('METHOD_NOT_ALLOWED')
      requireOwnName(c.req.raw, config)
      const identity = await authenticator.identify(c.req.raw, peerOf(c.env))
      isKnown = identity !== null
      authorize(identity?.principal ?? null, 'metrics.view')
      return c.body(await metrics.text(), 200, { ...HEADERS, 'content-type': metrics.contentType })
    } catch (error) {
      const known = toPlugbayError(error)
      logFailure(log, known, '')
      const allow = known.code === 'METHOD_NOT_ALLOWED' ? { allow: 'GET, HEAD' } : {}
      return problemResponse(known, { detailed: isKnown, shell, headers: { ...HEADERS, ...allow } })
    }
  })
  return app
}
