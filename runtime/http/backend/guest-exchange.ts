// One request to a plugin's backend: plain message → guest call with a deadline → header rules and a size cap → answer.
// Invariant: the sink gets exactly one answer; a request whose release is replaced goes back to the gate.

import type { FlatHeaders } from '../../../sdk/protocol/guest-request.ts'
import type { ReceiveStream } from '../../../sdk/protocol/streams.ts'
import type { Body, WireError } from '../../../sdk/protocol/wire.ts'
import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { type ErrorCode, isErrorCode } from '../../errors.ts'
import { reportGuestError } from '../../guest-calls/report-guest-error.ts'
import type { CallError, Caller } from '../../sandbox/runner/caller.ts'
import type { GuestCall } from '../../sandbox/runner/guest-call.ts'
import type { CallKind } from '../../sandbox/types.ts'
import type { Exchange, PluginRequest, RequestBody } from '../exchange/exchange.ts'
import type { ResponseSource } from '../exchange/response-sink.ts'
import type { SocketOffer } from '../exchange/socket-offer.ts'
import type { BackendGate } from './backend-gate.ts'
import { refuse } from './refuse.ts'
import { guestRequestHead } from './request-head.ts'
import { parseResponseHead, type ResponseContext, responseHeaders } from './response-headers.ts'
import { ResponsePipe } from './response-pipe.ts'

/** Bodies up to this size travel with the head. */
const INLINE_BODY = 64 * 1024
/** Close codes of WebSockets (RFC 6455, 7.4.1, and its registry). */
const GOING_AWAY = 1001
const SERVICE_RESTART = 1012

interface GuestExchangeParts {
  readonly plugin: ServingPlugin
  readonly exchange: Exchange
  readonly context: ResponseContext
  /** When it arrived at a release that has been replaced; undefined for a new request. */
  readonly arrivedAt: number | undefined
}

export class GuestExchange implements Caller, ResponseSource {
  readonly #parts: GuestExchangeParts
  readonly #gate: BackendGate
  readonly #requestId: string
  #call: GuestCall | undefined
  #socket: { close(code: number): void } | undefined
  #isRetired = false
  #answered = false

  /** @param gate admits a request again after its release was replaced */
  constructor(parts: GuestExchangeParts, gate: BackendGate) {
    this.#parts = parts
    this.#gate = gate
    this.#requestId = gate.services.nextRequestId()
  }

  run(): void {
    const { request, mount, user, sink } = this.#parts.exchange
    const { body } = request
    const { adminToken, maxRequestBytes } = this.#gate.services
    const head = guestRequestHead(request, mount, {
      user: user === null ? null : { name: user.name, permissions: user.permissions },
      requestId: this.#requestId,
      adminToken,
    })
    sink.source = this
    if (request.socket !== undefined) return this.#send(head, undefined, 'socket')
    if (body === undefined) return this.#send(head, undefined, kindOf(request))
    if (body.length !== undefined && body.length > maxRequestBytes) return this.#refuse('BODY_TOO_LARGE')
    if (body.length !== undefined && body.length <= INLINE_BODY)
      return this.#sendWhole(head, body, body.length)
    this.#send(head, undefined, 'upload')
  }

  #send(head: string, body: Body, kind: CallKind): void {
    const { plugin, arrivedAt } = this.#parts
    this.#call = plugin.runner?.call({ head, body, kind, arrivedAt }, this)
  }

  #sendWhole(head: string, body: NonNullable<PluginRequest['body']>, length: number): void {
    const whole = new Uint8Array(length)
    let filled = 0
    body.read({
      chunk(bytes) {
        // Node has checked the length; a listener that has not must not overflow the buffer.
        whole.set(bytes.subarray(0, length - filled), filled)
        filled += bytes.byteLength
        return true
      },
      end: () => {
        if (this.#answered) return
        this.#send(head, whole.subarray(0, Math.min(filled, length)), kindOf(this.#parts.exchange.request))
      },
      error: () => this.#cancel(),
    })
  }

  opened(call: GuestCall): void {
    const { body } = this.#parts.exchange.request
    const { upload } = call
    if (body === undefined || upload === undefined) return
    upload.onReady = () => body.resume()
    upload.onStop = () => body.discard()
    let received = 0
    body.read({
      chunk: (bytes) => {
        received += bytes.byteLength
        if (received > this.#gate.services.maxRequestBytes) {
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
    const { plugin, exchange } = this.#parts
    const { request } = exchange
    const again = body === undefined ? request : { ...request, body: bodyOf(body) }
    const found = this.#gate.services.live.get(plugin.id)
    this.#gate.admit(found, { ...exchange, request: again }, arrivedAt)
  }

  retired(): void {
    this.#isRetired = true
    const { plugin } = this.#parts
    const next = this.#gate.services.live.get(plugin.id)
    const isAnother = next?.kind === 'serving' && next !== plugin
    this.#socket?.close(isAnother ? SERVICE_RESTART : GOING_AWAY)
  }

  /** The plugin accepts the visitor's WebSocket. */
  #switch(headers: FlatHeaders, messages: ReceiveStream | undefined, offer: SocketOffer): void {
    const call = this.#call
    if (call?.upload === undefined || messages === undefined) {
      call?.cancel()
      return this.#fail({ code: 'GUEST_ERROR', message: 'The plugin answered 101 without a WebSocket' })
    }
    this.#answered = true
    const at = headers.indexOf('sec-websocket-protocol')
    this.#socket = offer.accept({
      headers: responseHeaders(headers, this.#parts.context),
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
    if (this.#answered) return
    const { exchange, context } = this.#parts
    const { sink, request } = exchange
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
    const { maxResponseBytes: maxBytes } = this.#gate.services
    new ResponsePipe(sink, {
      maxBytes,
      cancel: () => this.#call?.cancel(),
      report: (error) => this.#report(error),
    }).read(stream)
  }

  /** Only for streaming answers, whose source is ResponsePipe. */
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
    const { plugin } = this.#parts
    if (error.code === 'HANDLER_MISSING') plugin.reportNoFetch()
    else reportGuestError(plugin, error, this.#requestId)
  }

  #refuse(code: ErrorCode, retryAfterMs = 0): void {
    if (this.#answered) return
    this.#answered = true
    const { exchange, context } = this.#parts
    refuse(exchange.sink, code, context, Math.ceil(retryAfterMs / 1000))
  }

  #cancel(): void {
    this.#answered = true
    this.#call?.cancel()
  }
}

function kindOf({ method }: PluginRequest): CallKind {
  return method === 'GET' || method === 'HEAD' ? 'read' : 'write'
}

/** A body that was already read, for another reader. */
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
