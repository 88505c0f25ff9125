// A guest call in progress: its deadline, its bodies in both directions, and the receiver of its outcome.
// One object per call that implements every interface, instead of closures: calls are many.
// Invariant: the request gets the outcome once, also when the instance has ended meanwhile.

import type { Channel, OutgoingCall, ReplySink } from '../../../sdk/protocol/channel.ts'
import type {
  ReceiveObserver,
  ReceiveStream,
  SendObserver,
  SendStream,
} from '../../../sdk/protocol/streams.ts'
import type { WireError } from '../../../sdk/protocol/wire.ts'
import type { CallRequest, InstanceSpec, Retirement } from '../types.ts'
import { turnMs } from './body-deadline.ts'
import type { CallCharge } from './cpu-budget.ts'

/** Where open calls are registered. */
export interface OpenCalls {
  readonly spec: InstanceSpec
  isOpen(key: number): boolean
  /** False: it was settled before. */
  close(key: number, now: number): boolean
}

export class OpenCall implements CallCharge, ReplySink, SendObserver, ReceiveObserver {
  cpuAt = -1
  rivals = 0
  startedAt = 0
  readonly #calls: OpenCalls
  readonly #key: number
  readonly #request: CallRequest
  /** Infinite once the response has begun. */
  #deadline: number
  #call: OutgoingCall | undefined = undefined

  constructor(calls: OpenCalls, key: number, request: CallRequest) {
    this.#calls = calls
    this.#key = key
    this.#request = request
    this.#deadline = request.arrivedAt + request.deadlineMs
  }

  /** @param head that of the request, with the numbers of the handles that were given with it */
  send(channel: Channel, head: string): void {
    const { body, kind } = this.#request
    const call = channel.call(head, body, this, kind === 'upload' || kind === 'socket')
    this.#call = call
    if (call.body === undefined) return
    call.body.observe(this)
    this.#setTurn(true)
  }

  /** Present while its own body continues in chunks. */
  get upload(): SendStream | undefined {
    return this.#call?.body
  }

  get user(): CallRequest['user'] {
    return this.#request.user
  }

  get isStreaming(): boolean {
    return this.#deadline === Number.POSITIVE_INFINITY
  }

  isLate(now: number): boolean {
    return this.#deadline <= now
  }

  cancel(): void {
    this.#call?.cancel()
  }

  retire(how: Retirement): void {
    this.#request.retired(how)
  }

  /** The deadline has passed: cancels the call in the guest. */
  expire(now: number): void {
    const { arrivedAt, sentAt, deadlineMs } = this.#request
    const waited = Math.round(sentAt - arrivedAt)
    const within = `No answer within ${deadlineMs} ms`
    const message = waited === 0 ? within : `${within}, of which it waited ${waited} ms for its turn`
    this.#settle({ code: 'GUEST_DEADLINE', message }, now)
    this.#call?.cancel()
  }

  reply(head: string, body: Uint8Array | undefined, stream: ReceiveStream | undefined): void {
    const now = performance.now()
    const { meter } = this.#calls.spec
    if (stream === undefined) {
      if (!this.#calls.close(this.#key, now)) return
      if (body !== undefined) meter.countBytesOut(body.byteLength)
      return this.#request.answered(head, body, undefined, now)
    }
    if (!this.#calls.isOpen(this.#key)) return
    this.#deadline = Number.POSITIVE_INFINITY
    stream.observe(this)
    this.#request.answered(head, body, stream, now)
  }

  error(error: WireError): void {
    this.#settle(maskedError(error, this.#calls.spec.mask), performance.now())
  }

  received(bytes: number): void {
    this.#calls.spec.meter.countBytesOut(bytes)
  }

  receivedAll(): void {
    const now = performance.now()
    if (this.#calls.close(this.#key, now)) this.#request.ended(now)
  }

  sent(bytes: number, isWritable: boolean): void {
    this.#calls.spec.meter.countBytesIn(bytes)
    this.#setTurn(isWritable)
  }

  granted(isWritable: boolean): void {
    if (isWritable) this.#setTurn(true)
  }

  sentAll(): void {
    this.#setTurn(false)
  }

  #setTurn(isClients: boolean): void {
    const { kind, deadlineMs } = this.#request
    if (kind === 'upload' && !this.isStreaming)
      this.#deadline = performance.now() + turnMs(isClients, deadlineMs)
  }

  #settle(error: WireError, now: number): void {
    if (this.#calls.close(this.#key, now)) this.#request.failed(error, now)
  }
}

/** What a handler throws is logged, and shown to administrators. */
function maskedError(error: WireError, mask: InstanceSpec['mask']): WireError {
  const { name, stack } = error
  return {
    ...error,
    message: mask(error.message),
    ...(name !== undefined && { name: mask(name) }),
    ...(stack !== undefined && { stack: mask(stack) }),
  }
}
