// Host calls whose bodies stream, both ways: what goes with the arguments, and the result.
// Invariant: a call whose stream the plugin cancels, or cannot complete, is cancelled at the host.

import type { Channel, OutgoingCall } from '../../../../sdk/protocol/channel.ts'
import { MAX_HOST_CALL_ARGS } from '../../../../sdk/protocol/host-calls.ts'
import type { ReceiveStream } from '../../../../sdk/protocol/streams.ts'
import type { WireError } from '../../../../sdk/protocol/wire.ts'
import { answerFrom, inlineBody, type OutgoingBody, uploadBody } from '../serve/bodies.ts'
import { CallSite } from '../web/base/call-site.ts'
import { currentRequest, enter } from '../web/base/request-context.ts'
import { extractBody, takeBody } from '../web/fetch/body.ts'
import { encodeUtf8 } from '../web/text/utf8.ts'
import { callHead } from './call-head.ts'
import { HostError, tooLarge } from './host-calls.ts'

/** What the host has answered: plain data, or a stream. */
export interface StreamingReply {
  readonly head: unknown
  readonly stream: ReadableStream<Uint8Array> | undefined
}

/** @param body a stream of bytes, or what a Response may have as its body */
export type StreamingCall = (
  method: string,
  args: readonly unknown[],
  body?: unknown,
) => Promise<StreamingReply>

const { stringify, parse } = JSON

export function createStreamingCall(channel: Channel, maxPending: number): StreamingCall {
  return async (method, args, body) => {
    const list = stringify(args)
    if (list.length > MAX_HOST_CALL_ARGS) throw tooLarge(method, { argsBytes: list.length, bodyBytes: 0 })
    if (channel.pending >= maxPending)
      throw new HostError({ code: 'QUOTA_EXCEEDED', message: `More than ${maxPending} host calls at once` })
    return await new Conversation(channel, callHead(method, list), toContent(body)).answer
  }
}

function toContent(body: unknown): OutgoingBody {
  if (body === undefined || body === null) return { bytes: undefined, stream: undefined }
  const { source, stream } = takeBody(extractBody(body).body)
  return { bytes: typeof source === 'string' ? encodeUtf8(source) : source, stream }
}

class Conversation {
  readonly answer: Promise<StreamingReply>
  readonly #site = new CallSite()
  readonly #call: OutgoingCall
  /** Why the plugin's side ended it, if it did. */
  #reason: { readonly value: unknown } | undefined

  constructor(channel: Channel, head: string, content: OutgoingBody) {
    const { promise, resolve, reject } = Promise.withResolvers<StreamingReply>()
    this.answer = promise
    const owner = currentRequest()
    const { inline, more } = inlineBody(content)
    this.#call = channel.call(
      head,
      inline,
      {
        reply: (text, _bytes, arriving) => {
          enter(owner)
          resolve({ head: parse(text), stream: arriving && this.#readable(arriving) })
        },
        error: (error) => {
          enter(owner)
          reject(this.#toError(error))
        },
      },
      more,
    )
    const upload = this.#call.body
    if (upload !== undefined) uploadBody(upload, content, (error) => this.#cancel(error))
  }

  #readable(arriving: ReceiveStream): ReadableStream<Uint8Array> {
    return answerFrom(arriving, {
      call: this.#call.id,
      cancel: (reason) => this.#cancel(reason),
      toError: (error) => this.#toError(error),
      done: () => undefined,
    })
  }

  #cancel(value: unknown): void {
    this.#reason ??= { value }
    this.#call.cancel()
  }

  #toError(error: WireError): unknown {
    return this.#reason === undefined ? this.#site.mark(new HostError(error)) : this.#reason.value
  }
}
