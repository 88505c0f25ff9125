// The context of a handler, and the handling of its failure: the same for every guest call.

import type { Context } from '../../../../sdk/plugin-api/env.ts'
import type { IncomingCall } from '../../../../sdk/protocol/channel.ts'
import { reportOf } from './error-report.ts'

/** `ctx` of a handler. A class: requests are many. */
export class CallContext implements Context {
  readonly user: Context['user']
  readonly #abort: { readonly signal: AbortSignal }
  readonly #waitUntil: (promise: unknown) => void

  constructor(
    user: Context['user'],
    abort: { readonly signal: AbortSignal },
    waitUntil: (promise: unknown) => void,
  ) {
    this.user = user
    this.#abort = abort
    this.#waitUntil = waitUntil
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  waitUntil(promise: Promise<unknown>): void {
    this.#waitUntil(promise)
  }

  /** Part of the convention; there is no other origin to pass through to. */
  passThroughOnException(): void {}
}

export function failCall(call: IncomingCall, error: unknown): void {
  const { name, message, stack } = reportOf(error)
  call.fail({ code: 'GUEST_ERROR', name, message, stack })
}
