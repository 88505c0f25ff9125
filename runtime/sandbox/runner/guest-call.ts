// One request to a plugin, from arrival to end: it may wait, is sent (in a shared process perhaps twice), and gets its reply.
// One object for all of it instead of closures: requests are many.

import { GUEST_CALLS, type GuestCallRow } from '../../../sdk/protocol/guest-calls.ts'
import type { ReceiveStream, SendStream } from '../../../sdk/protocol/streams.ts'
import type { Body, WireError } from '../../../sdk/protocol/wire.ts'
import type { Instance } from '../instance/instance.ts'
import type { OpenCall } from '../instance/open-call.ts'
import type { CallKind, CallRequest, CallUser, GivenFolders, Retirement } from '../types.ts'
import type { QueueEntry } from './call-queue.ts'
import type { CallError, Caller } from './caller.ts'

/** Admits calls, and is notified when they are over. */
export interface Desk {
  readonly deadlineMs: number
  /** The head of the reply has arrived, or the whole reply. */
  answered(call: GuestCall, now: number): void
  /** The call has released its place. */
  free(call: GuestCall, now: number): void
  /** A waiting call was cancelled. */
  leave(entry: QueueEntry): boolean
  /** The call was lost with its instance, but changed nothing: it is retried. */
  repeat(call: GuestCall): void
  /** A client sees that the plugin failed. */
  countError(): void
}

export interface CallMessage {
  readonly head: string
  readonly body: Body
  readonly kind: CallKind
  /** The call must not be one that is repeated: they are closed with the instance. */
  readonly folders?: GivenFolders | undefined
  readonly user?: CallUser | undefined
  /** The guest call to make; "fetch" by default. */
  readonly row?: GuestCallRow
  /** Instead of that of the row. */
  readonly deadlineMs?: number | undefined
  /** When the request arrived at the release that passed it on; now by default. */
  readonly arrivedAt?: number | undefined
}

export class GuestCall implements CallRequest {
  readonly kind: CallKind
  readonly folders: GivenFolders | undefined
  readonly user: CallUser | undefined
  readonly row: GuestCallRow
  readonly arrivedAt: number
  readonly deadlineMs: number
  readonly #desk: Desk
  readonly #caller: Caller
  #head: string
  #body: Body
  #entry: QueueEntry | undefined = undefined
  #instance: Instance | undefined = undefined
  #open: OpenCall | undefined = undefined
  #sentAt = 0
  #effectsBefore = 0
  #isRepeated = false

  constructor(desk: Desk, message: CallMessage, caller: Caller, now: number) {
    this.#desk = desk
    this.#caller = caller
    this.kind = message.kind
    this.folders = message.folders
    this.user = message.user
    this.row = message.row ?? GUEST_CALLS.fetch
    this.arrivedAt = message.arrivedAt ?? now
    this.deadlineMs = message.deadlineMs ?? this.row.deadlineMs ?? desk.deadlineMs
    this.#head = message.head
    this.#body = message.body
  }

  get head(): string {
    return this.#head
  }

  get body(): Body {
    return this.#body
  }

  /** The response must have begun by then. */
  get deadline(): number {
    return this.arrivedAt + this.deadlineMs
  }

  get sentAt(): number {
    return this.#sentAt
  }

  /** The stream for the body of an `upload` or a `socket` that was sent. */
  get upload(): SendStream | undefined {
    return this.#open?.upload
  }

  /** The call waits. */
  enter(entry: QueueEntry): void {
    this.#entry = entry
  }

  send(instance: Instance, now: number): void {
    this.#entry = undefined
    this.#instance = instance
    this.#sentAt = now
    this.#effectsBefore = instance.effects
    this.#open = instance.call(this)
    if (!instance.shared) this.#forget()
    if (this.kind === 'upload' && this.#open.upload !== undefined) this.#caller.opened(this)
  }

  /** The client has disconnected. */
  cancel(): void {
    const entry = this.#entry
    if (entry === undefined) return this.#open?.cancel()
    this.#entry = undefined
    this.#desk.leave(entry)
    this.#caller.left?.()
  }

  /** The call will not be sent. */
  refuse(error: CallError): void {
    this.#entry = undefined
    this.#caller.error(error)
  }

  /** This release will not send the call. */
  move(): void {
    this.#entry = undefined
    this.#caller.moved(this)
  }

  retired(how: Retirement): void {
    this.#caller.retired(how)
  }

  answered(head: string, body: Uint8Array | undefined, stream: ReceiveStream | undefined, now: number): void {
    this.#forget()
    this.#desk.answered(this, now)
    if (stream === undefined) this.#desk.free(this, now)
    this.#caller.reply(head, body, stream)
  }

  ended(now: number): void {
    this.#desk.free(this, now)
  }

  failed(error: WireError, now: number): void {
    const instance = this.#instance
    if (error.code === 'GUEST_DEADLINE') this.#desk.answered(this, now)
    this.#desk.free(this, now)
    if (error.code === 'CANCELLED') return this.#caller.error(error)
    const isLost = error.code === 'GUEST_CRASHED' && instance?.ended?.isLost === true
    if (isLost && this.#mayRepeat(instance)) {
      this.#isRepeated = true
      return this.#desk.repeat(this)
    }
    this.#desk.countError()
    this.#caller.error(isLost ? { code: 'PLUGIN_UNAVAILABLE', message: error.message } : error)
  }

  #mayRepeat({ effects }: Instance): boolean {
    return this.kind === 'read' && !this.#isRepeated && effects === this.#effectsBefore
  }

  /** The message of a call that cannot be retried is not kept. */
  #forget(): void {
    this.#head = ''
    this.#body = undefined
  }
}
