// A worker: a child process with one channel (slot 0) that answers calls, each with a deadline enforced here.
// Started at the first call, replaced after a crash. Package and data processes are workers.
// Invariant: a call settles by its deadline; a process that misses one is killed.

import { diskErrorCode } from '../../plugin-store/store-error.ts'
import type { Channel, ReplySink } from '../../sdk/protocol/channel.ts'
import type { Body, WireError } from '../../sdk/protocol/wire.ts'
import { readableStack } from '../bundles/bundle-stack.ts'
import type { ChildEntry } from '../bundles/children.ts'
import { isErrorCode, PlugbayError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Child } from './child.ts'
import type { ChildRights } from './child-flags.ts'
import { type Jail, NO_JAIL } from './jail/jail.ts'
import { connect } from './link.ts'

export interface WorkerOptions {
  readonly name: string
  /** Evaluated when a process is started. */
  readonly entry: () => ChildEntry
  readonly rights: ChildRights
  /** None by default. */
  readonly jail?: Jail | undefined
  readonly log: Log
}

export interface WorkerReply {
  readonly head: string
  readonly body: Uint8Array | undefined
}

interface PendingOptions {
  readonly timer: NodeJS.Timeout
  readonly entry: () => ChildEntry
}

/** An inline function in a property would outlive its call in V8: hence a class (docs/performance.md). */
class PendingCall implements ReplySink {
  readonly #resolve: (reply: WorkerReply) => void
  readonly #reject: (error: PlugbayError) => void
  readonly #options: PendingOptions

  constructor(
    resolve: (reply: WorkerReply) => void,
    reject: (error: PlugbayError) => void,
    options: PendingOptions,
  ) {
    this.#resolve = resolve
    this.#reject = reject
    this.#options = options
  }

  reply(head: string, body: Uint8Array | undefined): void {
    clearTimeout(this.#options.timer)
    this.#resolve({ head, body })
  }

  error({ code, message }: WireError): void {
    const { timer, entry } = this.#options
    clearTimeout(timer)
    const known = isErrorCode(code) ? code : diskErrorCode(code)
    this.#reject(new PlugbayError(known ?? 'INTERNAL', readableStack(message, entry().url)))
  }
}

export class WorkerClient {
  readonly #options: WorkerOptions
  #child: Child | undefined
  #channel: Channel | undefined
  #closed = false

  constructor(options: WorkerOptions) {
    this.#options = options
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  get pending(): number {
    return this.#channel?.pending ?? 0
  }

  /** Starts the process ahead of the first call. */
  warm(): void {
    if (!this.#closed) this.#open()
  }

  /** Rejects with a PlugbayError: the worker's own code, STORE_FULL, STORE_READ_ONLY, DEADLINE, or PROCESS_CRASHED. */
  call(head: string, body: Body, deadlineMs: number): Promise<WorkerReply> {
    if (this.#closed) return Promise.reject(new PlugbayError('PROCESS_CRASHED', 'The worker is closed'))
    const channel = this.#open()
    const { promise, resolve, reject } = Promise.withResolvers<WorkerReply>()
    const timer = setTimeout(() => {
      const message = `No answer from the ${this.#options.name} process within ${deadlineMs} ms`
      reject(new PlugbayError('DEADLINE', message))
      this.kill('deadline passed')
    }, deadlineMs)
    channel.call(head, body, new PendingCall(resolve, reject, { timer, entry: this.#options.entry }))
    return promise
  }

  kill(reason: string): void {
    this.#child?.kill(reason)
    // The next call starts a new process without waiting for the old one to exit.
    this.#channel?.close({
      code: 'PROCESS_CRASHED',
      message: `The ${this.#options.name} process was ended: ${reason}`,
    })
    this.#child = undefined
    this.#channel = undefined
  }

  async close(): Promise<void> {
    this.#closed = true
    const child = this.#child
    this.kill('closing')
    await child?.exited
  }

  #open(): Channel {
    if (this.#channel !== undefined) return this.#channel
    const { name, jail = NO_JAIL } = this.#options
    const { child, channel } = connect({
      ...this.#options,
      entry: this.#options.entry(),
      jail,
      onExit: () => {
        channel.close({ code: 'PROCESS_CRASHED', message: `The ${name} process ended unexpectedly` })
        if (this.#child !== child) return
        this.#child = undefined
        this.#channel = undefined
      },
    })
    this.#child = child
    this.#channel = channel
    return channel
  }
}
