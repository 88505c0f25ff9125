// Sends requests of fetch() as the host call "net.fetch": bodies stream both ways, and an abort reaches the network.
// Invariant: at most MAX_UNDER_WAY requests wait at the host; the others wait here, where their memory is the plugin's own.

import type { Channel, OutgoingCall } from '../../../../sdk/protocol/channel.ts'
import type { FetchRequestHead, FetchResponseHead } from '../../../../sdk/protocol/fetch-wire.ts'
import { MAX_HOST_CALL_ARGS } from '../../../../sdk/protocol/host-calls.ts'
import type { ReceiveStream } from '../../../../sdk/protocol/streams.ts'
import type { WireError } from '../../../../sdk/protocol/wire.ts'
import { answerFrom, inlineBody, uploadBody } from '../serve/bodies.ts'
import { CallSite } from '../web/base/call-site.ts'
import { currentRequest, enter, type RequestOwner } from '../web/base/request-context.ts'
import { onAbort } from '../web/events/abort.ts'
import type { SendRequest } from '../web/fetch/fetch.ts'
import type { OutgoingRequest } from '../web/fetch/request.ts'
import { type Response, responseFromWire } from '../web/fetch/response.ts'
import { encodeUtf8 } from '../web/text/utf8.ts'
import { callHead } from './call-head.ts'
import { HostError } from './host-calls.ts'

const MAX_UNDER_WAY = 32

export function createFetch(channel: Channel, maxPending: number): SendRequest {
  const waiting = new Set<() => void>()
  let underWay = 0

  function leave(): void {
    const [next] = waiting
    if (next === undefined) underWay--
    else {
      waiting.delete(next)
      next()
    }
  }

  return (request) => {
    const { promise, resolve, reject } = Promise.withResolvers<Response>()
    const { signal } = request
    const site = new CallSite()
    try {
      const head = headOf(request)
      const owner = currentRequest()
      const start = () => void new Exchange(channel, request, { head, owner, site, resolve, reject, leave })
      if (underWay < MAX_UNDER_WAY) {
        underWay++
        start()
      } else if (waiting.size < maxPending) {
        waiting.add(start)
        if (signal !== undefined) {
          onAbort(signal, () => {
            if (waiting.delete(start)) reject(signal.reason)
          })
        }
      } else {
        const message = `More than ${maxPending} requests wait for their turn`
        throw failure({ code: 'QUOTA_EXCEEDED', message }, site)
      }
    } catch (error) {
      reject(error)
    }
    return promise
  }
}

interface ExchangeParts {
  readonly head: string
  /** The visitor's request that caused it. */
  readonly owner: RequestOwner | undefined
  readonly site: CallSite
  readonly resolve: (response: Response) => void
  readonly reject: (reason: unknown) => void
  readonly leave: () => void
}

/** One request, until its response has been read or cancelled. */
class Exchange {
  readonly #request: OutgoingRequest
  readonly #parts: ExchangeParts
  readonly #call: OutgoingCall | undefined
  #isOpen = true
  /** Why the plugin's side ended it, if it did. */
  #reason: { readonly value: unknown } | undefined

  constructor(channel: Channel, request: OutgoingRequest, parts: ExchangeParts) {
    this.#request = request
    this.#parts = parts
    const { signal } = request
    if (signal?.aborted === true) {
      this.#stopBody(signal.reason)
      this.#fail(signal.reason)
      return
    }
    const body = typeof request.body === 'string' ? encodeUtf8(request.body) : request.body
    const content = { bytes: body, stream: request.stream }
    const { inline, more } = inlineBody(content)
    this.#call = channel.call(
      parts.head,
      inline,
      {
        reply: (head, _bytes, stream) => {
          enter(parts.owner)
          this.#answer(head, stream)
        },
        error: (error) => {
          enter(parts.owner)
          this.#stopBody(undefined)
          this.#fail(this.#reason === undefined ? failure(error, this.#parts.site) : this.#reason.value)
        },
      },
      more,
    )
    const upload = this.#call.body
    if (upload !== undefined) uploadBody(upload, content, (error) => this.#cancel(error))
    if (signal !== undefined && this.#isOpen) onAbort(signal, () => this.#cancel(signal.reason))
  }

  #answer(text: string, arriving: ReceiveStream | undefined): void {
    const head = JSON.parse(text) as FetchResponseHead
    let stream: ReadableStream | undefined
    if (arriving !== undefined) {
      stream = answerFrom(arriving, {
        call: this.#call?.id ?? 0,
        cancel: (reason) => this.#cancel(reason),
        toError: (error) =>
          this.#reason === undefined ? failure(error, this.#parts.site) : this.#reason.value,
        done: () => this.#leave(),
      })
    } else this.#leave()
    this.#parts.resolve(responseFromWire({ ...head, stream }))
  }

  #cancel(value: unknown): void {
    if (!this.#isOpen) return
    this.#reason = { value }
    this.#call?.cancel()
    this.#leave()
  }

  #fail(reason: unknown): void {
    this.#parts.reject(reason)
    this.#leave()
  }

  #leave(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#parts.leave()
  }

  #stopBody(reason: unknown): void {
    const { stream } = this.#request
    if (stream !== undefined && !stream.locked) stream.cancel(reason).catch(() => undefined) // The reader has cancelled
  }
}

function headOf(request: OutgoingRequest): string {
  const { method, url, headers, redirect, body } = request
  const bodyLength = typeof body === 'string' ? undefined : body?.length
  const head: FetchRequestHead = {
    method,
    url,
    headers,
    redirect,
    ...(bodyLength !== undefined && { bodyLength }),
  }
  const text = JSON.stringify([head])
  if (text.length > MAX_HOST_CALL_ARGS)
    throw new TypeError('fetch() failed: the address and headers are too long')
  return callHead('net.fetch', text)
}

/** The standard requires a TypeError; the host's error is its cause. */
function failure(error: WireError, site: CallSite): TypeError {
  const cause = site.mark(new HostError(error))
  return site.mark(new TypeError(`fetch() failed: ${error.message}`, { cause }))
}
