// One request to a plugin's backend: plain message → guest call with a deadline → header rules and a size cap → answer.
// Invariant: the sink gets exactly one answer; a request whose release is replaced goes back to the gate.

import type { WireFileBody } from '../../../sdk/protocol/bucket-wire.ts'
import type { FlatHeaders } from '../../../sdk/protocol/guest-request.ts'
import type { ReceiveStream } from '../../../sdk/protocol/streams.ts'
import type { Body, WireError } from '../../../sdk/protocol/wire.ts'
import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { mayVisit } from '../../contributions/path-guards.ts'
import { type ErrorCode, isErrorCode, PlugbayError } from '../../errors.ts'
import { reportGuestError } from '../../guest-calls/report-guest-error.ts'
import { mayAccess, refusalFor } from '../../permissions/access.ts'
import type { CallError, Caller } from '../../sandbox/runner/caller.ts'
import type { GuestCall } from '../../sandbox/runner/guest-call.ts'
import type { CallKind, Retirement } from '../../sandbox/types.ts'
import type { Exchange, PluginRequest, RequestBody } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import type { ResponseSource } from '../exchange/response-sink.ts'
import type { AcceptedSocket, SocketOffer } from '../exchange/socket-offer.ts'
import { isForeignPage } from '../pages/page-cors.ts'
import type { BackendGate } from './backend-gate.ts'
import { FilePipe } from './file-pipe.ts'
import { refuse } from './refuse.ts'
import { guestRequestHead } from './request-head.ts'
import { namedLength, parseResponseHead, type ResponseContext, responseHeaders } from './response-headers.ts'
import { type PipeCut, type PipeOwner, ResponsePipe } from './response-pipe.ts'
import { type UploadOwner, UploadPipe } from './upload-pipe.ts'
import { WholeBody, type WholeBodyReader } from './whole-body.ts'

/** Bodies up to this size travel with the head. */
const INLINE_BODY = 64 * 1024
/** Close codes of WebSockets (RFC 6455, 7.4.1, and its registry). */
const GOING_AWAY = 1001
const POLICY_VIOLATION = 1008
const SERVICE_RESTART = 1012
/** For the author: the visitor sees a broken connection only. */
const CUTS: Readonly<Record<PipeCut, string>> = {
  idle: 'An answer was broken off after 30 s without a byte: send something meanwhile, in an event stream a comment, ": \\n\\n" (docs/http.md)',
  large: 'An answer was broken off since it is longer than limits.maxResponseBytes (docs/http.md)',
  length: 'An answer was broken off since its body is not as long as its Content-Length says (docs/http.md)',
}
const NO_CREDENTIALS: readonly string[] = []

interface GuestExchangeParts {
  readonly plugin: ServingPlugin
  readonly exchange: Exchange
  readonly context: ResponseContext
  /** Undefined for a new request. */
  readonly waited: Waited | undefined
}

/** Of a request that has waited at a release that was replaced. */
export interface Waited {
  /** It stays the same request, in the log and in the list of calls. */
  readonly requestId: string
  readonly arrivedAt: number
}

export class GuestExchange implements Caller, ResponseSource, WholeBodyReader, UploadOwner, PipeOwner {
  readonly #parts: GuestExchangeParts
  readonly #gate: BackendGate
  readonly #requestId: string
  #head = ''
  #call: GuestCall | undefined
  #socket: AcceptedSocket | undefined
  #pipe: ResponsePipe | FilePipe | undefined
  #retirement: Retirement | undefined
  #answered = false
  /** Stops watching whether the visitor's credential ends. */
  #unwatch: (() => void) | undefined

  /** @param gate admits a request again after its release was replaced */
  constructor(parts: GuestExchangeParts, gate: BackendGate) {
    this.#parts = parts
    this.#gate = gate
    this.#requestId = parts.waited?.requestId ?? gate.services.nextRequestId()
  }

  run(): void {
    const { plugin, exchange } = this.#parts
    const { request, mount, user, sink } = exchange
    const { body } = request
    const { adminToken, maxRequestBytes, languageOf } = this.#gate.services
    const head = guestRequestHead(request, {
      mount,
      adminToken,
      granted: plugin.grants.credentials ?? NO_CREDENTIALS,
      reporter: plugin,
      user: user === null ? null : { name: user.name, permissions: user.permissions },
      requestId: this.#requestId,
      language: mount.language ?? languageOf(request, user),
    })
    sink.source = this
    if (user !== null) this.#unwatch = this.#gate.services.revocations.watch(user, () => this.#visitorEnded())
    if (this.#answered) return
    if (request.socket !== undefined) return this.#send(head, undefined, 'socket')
    if (body === undefined) return this.#send(head, undefined, kindOf(request))
    if (body.length !== undefined && body.length > maxRequestBytes) return this.bodyTooLarge()
    if (body.length === undefined || body.length > INLINE_BODY) return this.#send(head, undefined, 'upload')
    this.#head = head
    body.read(new WholeBody(body.length, this))
  }

  #send(head: string, body: Body, kind: CallKind): void {
    const { plugin, waited, exchange } = this.#parts
    const name = exchange.user?.name
    const user = name === undefined ? undefined : { requestId: this.#requestId, name }
    exchange.sink.arrival?.isSent(this.#requestId)
    this.#call = plugin.runner?.call({ head, body, kind, arrivedAt: waited?.arrivedAt, user }, this)
  }

  wholeBody(bytes: Uint8Array): void {
    if (!this.#answered) this.#send(this.#head, bytes, kindOf(this.#parts.exchange.request))
  }

  opened(call: GuestCall): void {
    const { body } = this.#parts.exchange.request
    const { upload } = call
    if (body === undefined || upload === undefined) return
    new UploadPipe(body, upload, { owner: this, maxBytes: this.#gate.services.maxRequestBytes })
  }

  bodyTooLarge(): void {
    this.#refuse('BODY_TOO_LARGE')
    this.#call?.cancel()
  }

  bodyFailed(): void {
    this.#cancel()
  }

  moved({ body, arrivedAt }: GuestCall): void {
    this.#answered = true
    this.#unwatch?.()
    const { plugin, exchange } = this.#parts
    const { request } = exchange
    const again = body === undefined ? request : { ...request, body: bodyOf(body) }
    const found = this.#gate.services.live.get(plugin.id)
    this.#gate.admit(found, { ...exchange, request: again }, { requestId: this.#requestId, arrivedAt })
  }

  retired(how: Retirement): void {
    this.#retirement = how
    const { plugin, exchange } = this.#parts
    const next = this.#gate.services.live.get(plugin.id)
    const { request, user } = exchange
    const isAdmitted =
      next?.kind === 'serving' && mayAccess(next.access, user) && mayVisit(next, request.target, user)
    const isCut = how !== 'closing' && !isAdmitted
    if (this.#socket !== undefined) {
      if (isCut) this.#socket.cut(next?.kind === 'serving' ? POLICY_VIOLATION : GOING_AWAY)
      else this.#socket.close(how === 'replaced' ? SERVICE_RESTART : GOING_AWAY)
    } else if (isCut) {
      this.#end(next?.kind === 'serving' ? refusalFor(exchange.user) : 'PLUGIN_UNAVAILABLE')
    }
  }

  /** The plugin accepts the visitor's WebSocket. */
  #switch(headers: FlatHeaders, messages: ReceiveStream | undefined, offer: SocketOffer): void {
    const call = this.#call
    if (call?.upload === undefined || messages === undefined) {
      call?.cancel()
      return this.#fail({ code: 'GUEST_ERROR', message: 'The plugin answered 101 without a WebSocket' })
    }
    if (!mayRead(headers, this.#parts.context)) {
      call.cancel()
      return this.#refuse('FORBIDDEN')
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
      onClose: () => this.#unwatch?.(),
    })
    if (this.#retirement !== undefined) this.retired(this.#retirement)
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
    if (head.file !== undefined) {
      this.#call?.cancel()
      return void this.#sendFile(head.status, headers, head.file)
    }
    const bodiless = request.method === 'HEAD' || head.status === 204 || head.status === 304
    this.#answered = true
    if (stream === undefined || bodiless) {
      if (stream !== undefined) this.#call?.cancel()
      this.#unwatch?.()
      if (request.method === 'HEAD') nameLength(headers, body?.byteLength ?? namedLength(head.headers))
      return sink.answer(head.status, headers, bodiless ? undefined : body)
    }
    const length = namedLength(head.headers)
    nameLength(headers, length)
    // What arrives in pieces must not wait in nginx until there are more of them.
    if (!headers.includes('x-accel-buffering')) headers.push('x-accel-buffering', 'no')
    sink.start(head.status, headers)
    const { maxResponseBytes: maxBytes } = this.#gate.services
    this.#pipe = new ResponsePipe(sink, { owner: this, maxBytes, length })
    this.#pipe.read(stream)
  }

  /** The plugin answers with a file of its own: the bytes do not pass through it. Never rejects. */
  async #sendFile(status: number, headers: string[], file: WireFileBody): Promise<void> {
    const { plugin, exchange } = this.#parts
    const { sink, request } = exchange
    const isBodiless = request.method === 'HEAD' || status === 204 || status === 304
    try {
      if (plugin.grants.files !== true) throw new PlugbayError('PERMISSION_DENIED')
      const reading = isBodiless ? undefined : await this.#gate.services.files.read(plugin.id, file)
      if (this.#answered) return void reading?.close()
      this.#answered = true
      if (request.method === 'HEAD') nameLength(headers, file.length)
      if (reading === undefined) {
        this.#unwatch?.()
        return sink.answer(status, headers, undefined)
      }
      nameLength(headers, reading.length)
      sink.start(status, headers)
      const { files } = this.#gate.services
      const sent = (bytes: number) => files.sent(plugin.id, bytes)
      this.#pipe = new FilePipe(sink, { reading, owner: this, sent, spaces: files.spaces })
      this.#pipe.run()
    } catch (error) {
      const { code, message } = error instanceof PlugbayError ? error : new PlugbayError('HOST_CALL_FAILED')
      this.#fail({ code, message })
    }
  }

  /** Only for streaming answers, whose source is ResponsePipe. */
  onDrain(): void {}

  onClose(): void {
    this.#cancel()
  }

  pipeEnded(): void {
    this.#unwatch?.()
  }

  pipeStopped(): void {
    this.#call?.cancel()
  }

  pipeCut(cut: PipeCut): void {
    this.#parts.plugin.reportOnce(CUTS[cut])
  }

  pipeFailed(error: WireError): void {
    this.#report(error)
  }

  /** What the visitor was admitted with has ended: so does what is open, at once. */
  #visitorEnded(): void {
    if (this.#socket === undefined) this.#end('UNAUTHENTICATED')
    else this.#socket.cut(POLICY_VIOLATION)
  }

  /** Ends the exchange at once: with this answer, or by breaking off the one that has begun. */
  #end(code: ErrorCode): void {
    if (this.#pipe !== undefined) return this.#pipe.stop()
    this.#call?.cancel()
    this.#refuse(code)
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
    this.#unwatch?.()
    const { exchange, context } = this.#parts
    refuse(exchange.sink, code, context, Math.ceil(retryAfterMs / 1000))
  }

  #cancel(): void {
    this.#answered = true
    this.#unwatch?.()
    this.#call?.cancel()
  }
}

function nameLength(headers: string[], length: number | undefined): void {
  if (length !== undefined) headers.push('content-length', String(length))
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

/** As for other answers, a page of another site gets what the plugin lets it read by CORS: browsers leave that to the server. */
function mayRead(headers: FlatHeaders, context: ResponseContext): boolean {
  const allowed = headerOf({ headers }, 'access-control-allow-origin')
  return !isForeignPage(context) || allowed === '*' || allowed === context.requestOrigin
}
