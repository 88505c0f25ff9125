// One function for every request to a plugin's backend, whatever listener is in front of it.
// match → access → plain message → guest, with a deadline → header rules and a size cap → answer (ARCHITECTURE.md, flow 2).
// Invariant: the sink gets exactly one answer; what a stranger sees of a failure is the error table's title.

import type { FlatHeaders } from '../../../sdk/protocol/guest-request.ts'
import type { ReceiveStream } from '../../../sdk/protocol/streams.ts'
import type { Body, WireError } from '../../../sdk/protocol/wire.ts'
import { type LivePlugin, refusalOf, type ServingPlugin } from '../../contributions/live-plugin.ts'
import type { LivePlugins } from '../../contributions/live-plugins.ts'
import { ERROR_CODES, type ErrorCode, isErrorCode, PlugbayError } from '../../errors.ts'
import { reportGuestError } from '../../guest-calls/report-guest-error.ts'
import { mayAccess } from '../../permissions/access.ts'
import type { Principal } from '../../permissions/principal.ts'
import type { CallError, Caller } from '../../sandbox/runner/caller.ts'
import type { GuestCall } from '../../sandbox/runner/guest-call.ts'
import type { CallKind } from '../../sandbox/types.ts'
import { pluginHeaders } from '../pages/csp.ts'
import { guestRequestHead } from './request-head.ts'
import {
  isForeignPage,
  isOwnPageOrigin,
  ownPageCors,
  parseResponseHead,
  type ResponseContext,
  responseHeaders,
} from './response-headers.ts'
import { ResponsePipe } from './response-pipe.ts'
import type { Place, PluginRequest, RequestBody, ResponseSink, ResponseSource, SocketOffer } from './types.ts'

export interface RequestServices {
  readonly maxResponseBytes: number
  readonly maxRequestBytes: number
  /** Never shown to a plugin, whatever its form. */
  readonly adminToken: string | null
  readonly nextRequestId: () => string
  readonly routes: Pick<LivePlugins, 'get'>
  /** The plugin headers of a route at a place, flat (see fixed-headers.ts). */
  readonly fixedHeaders: (route: ServingPlugin, place: Place) => readonly string[]
}

/** Bodies up to this size go along with the head. */
const INLINE_BODY = 64 * 1024
/** Closing codes of WebSockets (RFC 6455, 7.4.1, and its registry). */
const GOING_AWAY = 1001
const SERVICE_RESTART = 1012

/** @param found the route as it is now: whoever waits looks it up afterwards, so that a swap in between loses nothing */
export function handlePluginRequest(
  found: LivePlugin | undefined,
  exchange: {
    readonly request: PluginRequest
    readonly place: Place
    readonly sink: ResponseSink
    readonly user: Principal | null
    readonly arrivedAt?: number
  },
  services: RequestServices,
): void {
  const { request, place, sink, user, arrivedAt } = exchange
  if (found?.kind !== 'serving')
    return refuse(sink, refusalOf(found), { place, network: [], origin: undefined })
  const origin = headerOf(request, 'origin')
  const failing = { place, network: found.grants.network ?? [], origin }
  if (found.runner === null) return refuse(sink, 'NOT_FOUND', failing)
  const context: ResponseContext = {
    place,
    access: found.access,
    fixed: services.fixedHeaders(found, place),
    requestOrigin: origin,
    reporter: found,
  }
  const asksMethod = headerOf(request, 'access-control-request-method') !== undefined
  if (request.method === 'OPTIONS' && asksMethod && isOwnPageOrigin(context))
    return preflight(request, context, sink)
  if (request.socket !== undefined && found.access !== 'public' && isForeignPage(context))
    return refuse(sink, 'FORBIDDEN', failing)
  if (!mayAccess(found.access, user))
    return refuse(sink, user === null ? 'UNAUTHENTICATED' : 'FORBIDDEN', failing)
  try {
    new Exchange(found, { request, place, sink, context, user, arrivedAt }, services).run()
  } catch (error) {
    refuse(sink, error instanceof PlugbayError ? error.code : 'INTERNAL', failing)
  }
}

interface ExchangeFacts {
  readonly request: PluginRequest
  readonly place: Place
  readonly sink: ResponseSink
  readonly context: ResponseContext
  readonly user: Principal | null
  /** When it came to a release that serves no more; undefined where it has just come. */
  readonly arrivedAt: number | undefined
}

/** One request under way. */
class Exchange implements Caller, ResponseSource {
  readonly #route: ServingPlugin
  readonly #facts: ExchangeFacts
  readonly #services: RequestServices
  readonly #requestId: string
  #call: GuestCall | undefined
  #socket: { close(code: number): void } | undefined
  #isRetired = false
  #answered = false

  constructor(route: ServingPlugin, facts: ExchangeFacts, services: RequestServices) {
    this.#route = route
    this.#facts = facts
    this.#services = services
    this.#requestId = services.nextRequestId()
  }

  run(): void {
    const { request, place, user, sink } = this.#facts
    const { body } = request
    const head = guestRequestHead(request, place, {
      user: user === null ? null : { name: user.name, permissions: user.permissions },
      requestId: this.#requestId,
      adminToken: this.#services.adminToken,
    })
    sink.source = this
    if (request.socket !== undefined) return this.#send(head, undefined, 'socket')
    if (body === undefined) return this.#send(head, undefined, kindOf(request))
    if (body.length !== undefined && body.length > this.#services.maxRequestBytes)
      return this.#refuse('BODY_TOO_LARGE')
    if (body.length !== undefined && body.length <= INLINE_BODY)
      return this.#sendWhole(head, body, body.length)
    this.#send(head, undefined, 'upload')
  }

  #send(head: string, body: Body, kind: CallKind): void {
    const { arrivedAt } = this.#facts
    this.#call = this.#route.runner?.call({ head, body, kind, arrivedAt }, this)
  }

  #sendWhole(head: string, body: NonNullable<PluginRequest['body']>, length: number): void {
    const whole = new Uint8Array(length)
    let filled = 0
    body.read({
      chunk(bytes) {
        // Node has checked the length already; a listener that has not must not overflow the buffer.
        whole.set(bytes.subarray(0, length - filled), filled)
        filled += bytes.byteLength
        return true
      },
      end: () => {
        if (this.#answered) return
        this.#send(head, whole.subarray(0, Math.min(filled, length)), kindOf(this.#facts.request))
      },
      error: () => this.#cancel(),
    })
  }

  opened(call: GuestCall): void {
    const { body } = this.#facts.request
    const { upload } = call
    if (body === undefined || upload === undefined) return
    upload.onReady = () => body.resume()
    upload.onStop = () => body.discard()
    let received = 0
    body.read({
      chunk: (bytes) => {
        received += bytes.byteLength
        if (received > this.#services.maxRequestBytes) {
          this.#refuse('BODY_TOO_LARGE')
          call.cancel()
          return false
        }
        return upload.write(bytes)
      },
      end: () => upload.end(),
      error: () => this.#cancel(),
    })
  }

  moved({ body, arrivedAt }: GuestCall): void {
    this.#answered = true
    const { request, ...facts } = this.#facts
    const again = body === undefined ? request : { ...request, body: bodyOf(body) }
    const found = this.#services.routes.get(this.#route.id)
    handlePluginRequest(found, { ...facts, request: again, arrivedAt }, this.#services)
  }

  retired(): void {
    this.#isRetired = true
    const next = this.#services.routes.get(this.#route.id)
    const isAnother = next?.kind === 'serving' && next !== this.#route
    this.#socket?.close(isAnother ? SERVICE_RESTART : GOING_AWAY)
  }

  /** The plugin takes the visitor's WebSocket. */
  #switch(headers: FlatHeaders, messages: ReceiveStream | undefined, offer: SocketOffer): void {
    const call = this.#call
    if (call?.upload === undefined || messages === undefined) {
      call?.cancel()
      return this.#fail({ code: 'GUEST_ERROR', message: 'The plugin answered 101 without a WebSocket' })
    }
    this.#answered = true
    const at = headers.indexOf('sec-websocket-protocol')
    this.#socket = offer.accept({
      headers: responseHeaders(headers, this.#facts.context),
      protocol: offer.protocols.find((name) => at !== -1 && name === headers[at + 1]),
      guest: {
        upload: call.upload,
        messages,
        cancel: () => call.cancel(),
      },
    })
    if (this.#isRetired) this.retired()
  }

  error(error: CallError): void {
    this.#fail(error)
  }

  reply(text: string, body: Uint8Array | undefined, stream: ReceiveStream | undefined): void {
    const { sink, request, context } = this.#facts
    if (this.#answered) return
    const head = parseResponseHead(text, request.socket !== undefined)
    if (head === undefined) {
      this.#call?.cancel()
      return this.#fail({ code: 'GUEST_ERROR', message: 'The plugin answered with a head that is not valid' })
    }
    if (head.status === 101 && request.socket !== undefined)
      return this.#switch(head.headers, stream, request.socket)
    const headers = responseHeaders(head.headers, context)
    const bodiless = request.method === 'HEAD' || head.status === 204 || head.status === 304
    this.#answered = true
    if (stream === undefined || bodiless) {
      if (stream !== undefined) this.#call?.cancel()
      return sink.answer(head.status, headers, bodiless ? undefined : body)
    }
    sink.start(head.status, headers)
    const { maxResponseBytes: maxBytes } = this.#services
    new ResponsePipe(sink, {
      maxBytes,
      cancel: () => this.#call?.cancel(),
      report: (error) => this.#report(error),
    }).read(stream)
  }

  /** Of an answer that streams: ResponsePipe is the source then. */
  onDrain(): void {}

  onClose(): void {
    this.#cancel()
  }

  #fail(error: CallError): void {
    this.#report(error)
    if (this.#answered || error.code === 'CANCELLED') return
    this.#refuse(isErrorCode(error.code) ? error.code : 'GUEST_ERROR', error.retryAfterMs)
  }

  #report(error: WireError): void {
    if (error.code === 'HANDLER_MISSING') this.#route.reportNoFetch()
    else reportGuestError(this.#route, error, this.#requestId)
  }

  #refuse(code: ErrorCode, retryAfterMs = 0): void {
    if (this.#answered) return
    this.#answered = true
    const { place, sink, context } = this.#facts
    refuse(sink, code, {
      place,
      network: this.#route.grants.network ?? [],
      origin: context.requestOrigin,
      retryAfter: Math.ceil(retryAfterMs / 1000),
    })
  }

  #cancel(): void {
    this.#answered = true
    this.#call?.cancel()
  }
}

interface Failing {
  readonly place: Place
  readonly network: readonly string[]
  readonly origin: string | undefined
  /** In seconds, for statuses that say when to come again; 1 at least. */
  readonly retryAfter?: number
}

/** problem+json (RFC 9457) of the table's row, without internals. */
export function refuse(sink: ResponseSink, code: ErrorCode, failing: Failing): void {
  const { place, network, origin, retryAfter = 1 } = failing
  const { status, title } = ERROR_CODES[code]
  const context = { mount: place.mount, publicOrigin: place.shell, network }
  const headers = Object.entries(pluginHeaders(place.mode, context)).flat()
  headers.push('content-type', 'application/problem+json', 'cache-control', 'no-store')
  if (status === 503 || status === 429) headers.push('retry-after', String(Math.max(1, retryAfter)))
  if (isOwnPageOrigin({ place, requestOrigin: origin }))
    headers.push(...ownPageCors({ requestOrigin: origin }))
  sink.answer(status, headers, JSON.stringify({ type: `/docs/errors#${code}`, title, status, code }))
}

/** Answers the browser's question for a page of ours: any method and header, the API decides itself. */
function preflight(request: PluginRequest, context: ResponseContext, sink: ResponseSink): void {
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

function kindOf({ method }: PluginRequest): CallKind {
  return method === 'GET' || method === 'HEAD' ? 'read' : 'write'
}

/** A body that has been read: for another reader. */
function bodyOf(body: Uint8Array | string): RequestBody {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  return {
    length: bytes.byteLength,
    read(sink) {
      sink.chunk(bytes)
      sink.end()
    },
    resume() {},
    discard() {},
  }
}

function headerOf({ headers }: PluginRequest, name: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2)
    if (headers[index] === name) return headers[index + 1]
  return undefined
}
