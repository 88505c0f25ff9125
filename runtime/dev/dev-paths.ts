// Responses of `plugbay dev` below a plugin's `.plugbay/`: the client script, the events, and the problem page.
// Invariant: only the plugin's own pages get events; other sites must not read an author's code from a code frame.

import { clientScript } from './client/client-script.ts'
import type { PageEvents } from './page-events.ts'
import { problemPage } from './problem-page.ts'

/** The part of a request for a reserved path that matters here (see OwnPathFacts in http/backend). */
export interface DevRequest {
  readonly id: string
  /** `mount`: "/plugins/hello", "" on an origin of its own. `origin`: as the page sees it. */
  readonly place: { readonly mount: string; readonly origin: string }
  readonly headers: Headers
  readonly method: string
}

export interface DevAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | ReadableStream<Uint8Array<ArrayBuffer>> | null
}

export interface DevPathsOptions {
  readonly events: PageEvents
  /** URL of the running plugin's pages, for a request to another plugin's. */
  readonly addressOf: () => { readonly id: string; readonly url: string } | undefined
}

export function createDevPaths(
  options: DevPathsOptions,
): (path: string, request: DevRequest) => DevAnswer | undefined {
  const { events } = options
  const script = clientScript()
  return (path, request) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
    if (path === '/client.js') return answer(request, 'text/javascript; charset=utf-8', script)
    if (path === '/events') return eventAnswer(request, events)
    if (path === '/problems') return standIn(request, options)
    return undefined
  }
}

function eventAnswer(request: DevRequest, events: PageEvents): DevAnswer {
  const origin = request.headers.get('origin')
  if (origin !== null && origin !== 'null' && origin !== request.place.origin) {
    return {
      status: 403,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: 'Not for this page',
    }
  }
  return {
    status: 200,
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // A proxy must not buffer events.
      'x-accel-buffering': 'no',
      // Pages below our own origin have an opaque one, serialised as "null".
      ...(origin === null ? {} : { 'access-control-allow-origin': origin }),
      vary: 'Origin',
    },
    body: request.method === 'HEAD' ? null : events.open(),
  }
}

function standIn(request: DevRequest, { events, addressOf }: DevPathsOptions): DevAnswer | undefined {
  if (!(request.headers.get('accept') ?? '').includes('text/html')) return undefined
  const running = addressOf()
  if (running !== undefined && running.id !== request.id) {
    return { status: 302, headers: { location: running.url, 'cache-control': 'no-store' }, body: null }
  }
  const client = `${request.place.mount}/.plugbay/client.js?none`
  const page = problemPage({ id: request.id, client, problems: events.problems })
  return answer(request, 'text/html; charset=utf-8', page, 503)
}

function answer(request: DevRequest, type: string, body: string, status = 200): DevAnswer {
  const headers = {
    'content-type': type,
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'cross-origin',
  }
  return { status, headers, body: request.method === 'HEAD' ? null : body }
}
