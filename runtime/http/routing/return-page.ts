// `/plugins/?to=…`: leads back to a page of a plugin, by a navigation that our own origin begins (way-back.ts). As /sign-in does, where
// visitors sign in elsewhere.
// Invariant: it leads to pages of plugins of this server only, never to a backend: what a GET does there is none of other sites' business.

import type { Context } from 'hono'
import { PlugbayError } from '../../errors.ts'
import { headerPairs } from '../exchange/headers.ts'
import { PLUGINS } from '../exchange/mount.ts'
import { requestFromWeb } from '../exchange/web-exchange.ts'
import type { Authenticator } from '../identity/authenticate.ts'
import { pluginHeaders } from '../pages/csp.ts'
import { errorAnswer } from '../pages/error-page.ts'
import { LEAD_ON_SOURCE, leadOnPage } from '../pages/lead-on.ts'
import { problemResponse } from '../server/problem.ts'
import { type SourceConfig, sourceOf } from '../server/request-source.ts'
import type { PluginTraffic } from './plugin-traffic.ts'
import { returnPath } from './return-path.ts'
import { AGAIN, beginning } from './way-back.ts'

export interface ReturnServices {
  readonly config: SourceConfig
  readonly authenticator: Pick<Authenticator, 'visitor'>
}

const HEADERS: Readonly<Record<string, string>> = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': `default-src 'none'; img-src data:; script-src ${LEAD_ON_SOURCE}; frame-ancestors 'none'; base-uri 'none'`,
  // Who has opened the window is not to hold what is shown in it afterwards.
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
}

/** To be served at "/plugins/", below the base path of the traffic. */
export function createReturnPage(
  { config, authenticator }: ReturnServices,
  traffic: PluginTraffic,
): (c: Context) => Promise<Response> {
  return async ({ req: { raw: request } }) => {
    const { basePath } = traffic
    const query = new URL(request.url).searchParams
    const to = returnPath(query.get('to'), basePath)
    const source = sourceOf(request, config)
    const target = traffic.locate({ url: to, host: source?.host, scheme: source?.scheme ?? 'http' })
    if (source === null || target.kind !== 'page')
      return problemResponse(new PlugbayError('NOT_FOUND'), {
        detailed: false,
        requestId: '',
        shell: basePath,
      })
    const { mount } = target
    const began = beginning(request.headers.get('sec-fetch-site') ?? undefined)
    const leadOn = (): Response =>
      new Response(leadOnPage(`${basePath}${PLUGINS}?${new URLSearchParams({ to, [AGAIN]: '' })}`), {
        headers: HEADERS,
      })
    if (began === 'elsewhere') return leadOn()
    // As the page itself asks.
    const asked = new Request(source.origin + to, { headers: request.headers })
    if ((await authenticator.visitor(asked, mount.id)) !== null)
      return new Response(null, { status: 303, headers: { location: to, 'cache-control': 'no-store' } })
    if (began === 'unknown' && !query.has(AGAIN)) return leadOn()
    const refused = requestFromWeb(request, { url: to, target: target.target })
    const { status, headers, body } = errorAnswer(
      'UNAUTHENTICATED',
      { request: refused, mount },
      pluginHeaders(mount, []),
    )
    return new Response(body as string, { status, headers: headerPairs(headers) })
  }
}
