// Responses of `plugbay dev` in place of a plugin's own: the client script, the events, and the problem page.
// Invariant: only the plugin's own pages get events; other sites must not read an author's code from a code frame.

import type { Answer } from '../http/exchange/answer.ts'
import type { Exchange } from '../http/exchange/exchange.ts'
import { headerOf } from '../http/exchange/headers.ts'
import { isForeignPage, isSandboxedPage, PAGE_CORS } from '../http/pages/page-cors.ts'
import type { ReservedPaths } from '../http/routing/reserved-paths.ts'
import { clientScript } from './client/client-script.ts'
import type { PageEvents } from './page-events.ts'
import { problemPage } from './problem-page.ts'

export interface DevPathsOptions {
  readonly events: PageEvents
  /** URL of the running plugin's pages, for a request to another plugin's. */
  readonly addressOf: () => { readonly id: string; readonly url: string } | undefined
}

export function createDevPaths(options: DevPathsOptions): ReservedPaths {
  const { events } = options
  const script = clientScript()
  return {
    answer(path, exchange) {
      if (!isRead(exchange)) return undefined
      if (path === '/client.js') return answer(exchange, 'text/javascript; charset=utf-8', script)
      return path === '/events' ? eventAnswer(exchange, events) : undefined
    },
    fallbackPage: (exchange, head = '') =>
      isRead(exchange) ? problemAnswer(exchange, head, options) : undefined,
  }
}

function eventAnswer({ request, mount, isPage }: Exchange, events: PageEvents): Answer {
  const sender = { mount, isPage, requestOrigin: headerOf(request, 'origin') }
  if (isForeignPage(sender)) {
    return { status: 403, headers: ['content-type', 'text/plain; charset=utf-8'], body: 'Not for this page' }
  }
  const headers = ['content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-store']
  // A proxy must not buffer events.
  headers.push('x-accel-buffering', 'no')
  if (isSandboxedPage(sender)) headers.push(...PAGE_CORS)
  return { status: 200, headers, body: request.method === 'HEAD' ? null : events.open() }
}

function problemAnswer(
  exchange: Exchange,
  head: string,
  { events, addressOf }: DevPathsOptions,
): Answer | undefined {
  const { request, mount } = exchange
  if (!(headerOf(request, 'accept') ?? '').includes('text/html')) return undefined
  const running = addressOf()
  if (running !== undefined && running.id !== mount.id) {
    return { status: 302, headers: ['location', running.url, 'cache-control', 'no-store'], body: null }
  }
  const client = `${mount.path}/.plugbay/client.js?none`
  const page = problemPage({ id: mount.id, head, client, problems: events.problems })
  return answer(exchange, 'text/html; charset=utf-8', page, 503)
}

function isRead({ request }: Exchange): boolean {
  return request.method === 'GET' || request.method === 'HEAD'
}

function answer({ request }: Exchange, type: string, body: string, status = 200): Answer {
  const headers = ['content-type', type, 'cache-control', 'no-store']
  headers.push('cross-origin-resource-policy', 'cross-origin')
  return { status, headers, body: request.method === 'HEAD' ? null : body }
}
