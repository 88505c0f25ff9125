// Answers the guest call "fetch" by calling the plugin's fetch(request, env, ctx).
// Invariant: every call is answered once, whatever the plugin throws or returns.

import type { Context, Env } from '../../../../sdk/plugin-api/env.ts'
import type { IncomingCall } from '../../../../sdk/protocol/channel.ts'
import type { GuestRequestHead } from '../../../../sdk/protocol/guest-request.ts'
import type { Translations } from '../env/translations.ts'
import { DOMException } from '../web/base/dom-exception.ts'
import { enter } from '../web/base/request-context.ts'
import type { WebInternals } from '../web/install.ts'
import { TextEncoder } from '../web/text/encoding.ts'
import { INLINE_BYTES, pumpBytes, pumpStream, readableFrom } from './bodies.ts'
import { CallContext, failCall } from './call-context.ts'
import type { ServeSocket } from './serve-socket.ts'

/** More than any client accepts: Node's own limit for all headers together is 16 kB. */
const MAX_HEAD = 64 * 1024

export type FetchHandler = (request: Request, env: Env, ctx: Context) => unknown

export interface FetchServices {
  readonly web: WebInternals
  readonly env: Env
  readonly translations: Translations
  /** Counts a promise of ctx.waitUntil, for a request. */
  readonly waitUntil: (promise: unknown, requestId: string) => void
  readonly serveSocket: ServeSocket
}

export function serveFetch(
  call: IncomingCall,
  head: GuestRequestHead,
  handler: FetchHandler,
  services: FetchServices,
): void {
  const { web, env, translations } = services
  const { requestId } = head
  const owner = { id: requestId, language: head.language }
  enter(owner)
  const abort = web.createAbort()
  call.onCancel(() => {
    enter(owner)
    abort.abort(new DOMException('The client went away', 'AbortError'))
  })
  // After the head of an upgrade, messages arrive instead of a body.
  const arriving = head.upgrade === true ? undefined : call.stream
  const stream = arriving === undefined ? undefined : () => readableFrom(arriving)
  const request = web.requestFromWire(head, call.body, stream, abort)
  const ctx = new CallContext(head, {
    abort,
    translations,
    waitUntil: (promise) => services.waitUntil(promise, requestId),
  })
  let result: unknown
  try {
    result = handler(request, env, ctx)
  } catch (error) {
    return failCall(call, error)
  }
  if (result instanceof Promise) {
    result.then(
      (response) => answer(call, response, services),
      (error) => failCall(call, error),
    )
  } else if (typeof result === 'object' && result !== null && 'then' in result) {
    Promise.resolve(result).then(
      (response) => answer(call, response, services),
      (error) => failCall(call, error),
    )
  } else {
    answer(call, result, services)
  }
}

function answer(call: IncomingCall, response: unknown, { web, serveSocket }: FetchServices): void {
  try {
    const { head, body, stream, socket } = web.responseToWire(response as Response)
    if (head.length > MAX_HEAD) throw new TypeError('The headers of the response are too large')
    if (socket !== undefined) serveSocket(call, head, socket)
    else if (stream !== undefined) pumpStream(call, head, stream)
    else if (body === undefined || body.length <= INLINE_BYTES) call.reply(head, body)
    else pumpBytes(call, head, typeof body === 'string' ? new TextEncoder().encode(body) : body)
  } catch (error) {
    failCall(call, error)
  }
}
