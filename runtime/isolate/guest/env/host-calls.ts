// Host calls from the guest: one promise per call, a limit on concurrent calls, errors as errors of this realm.

import type { Channel, ReplySink } from '../../../../sdk/protocol/channel.ts'
import { MAX_HOST_CALL_ARGS } from '../../../../sdk/protocol/host-calls.ts'
import type { WireError } from '../../../../sdk/protocol/wire.ts'
import { CallSite } from '../web/base/call-site.ts'
import { currentRequest, enter } from '../web/base/request-context.ts'
import { TextEncoder } from '../web/text/encoding.ts'
import { callHead } from './call-head.ts'

export interface HostReply {
  readonly head: unknown
  readonly body: Uint8Array | undefined
}

export type HostCall = (
  method: string,
  args: readonly unknown[],
  body?: Uint8Array | string,
) => Promise<HostReply>

/**
 * Bytes beside the arguments.
 * @limit host calls: value of `put`, or statements with their values, in bytes
 * @passed a `RangeError` is thrown
 */
const MAX_BODY = 1024 * 1024

/** The error that a plugin gets when the host refuses or fails: `code` is a code of docs/errors.md. */
export class HostError extends Error {
  readonly code: string
  readonly hint: string | undefined

  constructor(error: WireError) {
    super(error.message)
    this.code = error.code
    this.hint = error.hint
  }

  static {
    Object.defineProperty(HostError.prototype, 'name', { value: 'HostError' })
  }
}

const { stringify, parse } = JSON
const UNREADABLE: WireError = { code: 'HOST_CALL_FAILED', message: 'The answer of the host cannot be read' }

export function createHostCall(channel: Channel, maxPending: number): HostCall {
  return (method, args, given) => {
    const { promise, resolve, reject } = Promise.withResolvers<HostReply>()
    const list = stringify(args)
    // Text is counted in bytes only when it matters: a UTF-16 code unit has up to three of them.
    const isLongText = typeof given === 'string' && 3 * given.length > MAX_BODY && given.length <= MAX_BODY
    const body = isLongText ? new TextEncoder().encode(given) : given
    const size = body === undefined ? 0 : typeof body === 'string' ? body.length : body.byteLength
    if (list.length > MAX_HOST_CALL_ARGS || size > MAX_BODY) {
      reject(tooLarge(method, { argsBytes: list.length, bodyBytes: size }))
    } else if (channel.pending >= maxPending) {
      reject(new HostError({ code: 'QUOTA_EXCEEDED', message: `More than ${maxPending} host calls at once` }))
    } else {
      channel.call(callHead(method, list), body, new PendingCall(resolve, reject))
    }
    return promise
  }
}

/** In words of the author, who has not written the name of the call. */
export function tooLarge(
  method: string,
  { argsBytes, bodyBytes }: { readonly argsBytes: number; readonly bodyBytes: number },
): RangeError {
  const [family = ''] = method.split('.')
  const member = MEMBERS[family] ?? family
  const isBody = bodyBytes > MAX_BODY
  const [bytes, max] = isBody ? [bodyBytes, MAX_BODY] : [argsBytes, MAX_HOST_CALL_ARGS]
  const hint = isBody && member !== 'files' ? '; keep pictures and other files in env.files' : ''
  return new RangeError(`env.${member} was given ${bytes} bytes at once: at most ${max} are allowed${hint}`)
}

/** Members of `env` by the first word of their calls, where it is another one. */
const MEMBERS: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  bucket: 'files',
  files: 'volumes',
})

/** Settles the promise of one host call, in the context of the request that made it. */
class PendingCall implements ReplySink {
  readonly #resolve: (reply: HostReply) => void
  readonly #reject: (error: unknown) => void
  readonly #owner = currentRequest()
  readonly #site = new CallSite()

  constructor(resolve: (reply: HostReply) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve
    this.#reject = reject
  }

  reply(text: string, body: Uint8Array | undefined): void {
    enter(this.#owner)
    // The data process wrote it, and the runtime has not parsed it.
    let head: unknown
    try {
      head = parse(text)
    } catch {
      return this.#reject(this.#site.mark(new HostError(UNREADABLE)))
    }
    this.#resolve({ head, body })
  }

  error(error: WireError): void {
    enter(this.#owner)
    this.#reject(this.#site.mark(new HostError(error)))
  }
}
