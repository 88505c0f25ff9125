// One data process: answers calls strictly one after the other, so the oldest one is the one at work.
// Invariant: when it is killed or crashes only the call at work fails; those behind it are sent to its successor.

import { Channel } from '../../sdk/protocol/channel.ts'
import type { HostAnswer } from '../../sdk/protocol/host-calls.ts'
import { isErrorCode, PlugbayError } from '../errors.ts'
import type { Log } from '../log.ts'
import { Child } from '../processes/child.ts'
import type { DataCall, DataClose } from './data-call.ts'

interface QueuedCall {
  readonly head: string
  readonly body: Uint8Array | undefined
  readonly resolve: (answer: HostAnswer) => void
  readonly reject: (error: PlugbayError) => void
  /** Told how long the call was at work, in milliseconds. */
  readonly onTime: (ms: number) => void
}

export interface DataProcessOptions {
  /** `<data>/plugin-data`. */
  readonly folder: string
  readonly log: Log
  /** A call at work for longer is ended, with its process. */
  readonly deadlineMs: number
}

export class DataProcess {
  readonly #options: DataProcessOptions
  readonly #queue: QueuedCall[] = []
  #child: Child | undefined
  #channel: Channel | undefined
  #headSince = 0
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(options: DataProcessOptions) {
    this.#options = options
  }

  get queued(): number {
    return this.#queue.length
  }

  /** The process id, once the process runs. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  call(
    call: DataCall | DataClose,
    body: Uint8Array | undefined,
    onTime: (ms: number) => void,
  ): Promise<HostAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<HostAnswer>()
    if (this.#closed) {
      reject(new PlugbayError('HOST_CALL_FAILED', 'The data process is closed'))
      return promise
    }
    const queued: QueuedCall = { head: JSON.stringify(call), body, resolve, reject, onTime }
    this.#queue.push(queued)
    if (this.#queue.length === 1) this.#startClock()
    this.#send(this.#open(), queued)
    return promise
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    const child = this.#child
    this.#child = undefined
    for (const queued of this.#queue.splice(0))
      queued.reject(new PlugbayError('HOST_CALL_FAILED', 'The runtime is closing'))
    child?.kill('closing')
    await child?.exited
  }

  #open(): Channel {
    if (this.#channel !== undefined) return this.#channel
    const { folder, log } = this.#options
    const child = new Child({
      name: 'data',
      entry: new URL(`./worker/main${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
      rights: { read: [folder], write: [folder] },
      log,
      onFrame: (kind, _slot, id, head, body) => {
        if (!channel.receive(kind, id, head, body)) child.kill('protocol violation')
      },
      onExit: () => this.#lost(child, 'The data process ended unexpectedly'),
    })
    const channel = new Channel((kind, id, head, body) => child.send(kind, 0, id, head, body), {
      call: () => child.kill('a data process makes no calls'),
    })
    channel.call(JSON.stringify({ method: 'open', folder }), undefined, { reply() {}, error() {} })
    this.#child = child
    this.#channel = channel
    return channel
  }

  #send(channel: Channel, queued: QueuedCall): void {
    channel.call(queued.head, queued.body, {
      reply: (head, body) => this.#settle(queued, () => queued.resolve({ head: JSON.parse(head), body })),
      error: (error) =>
        this.#settle(queued, () =>
          queued.reject(
            new PlugbayError(isErrorCode(error.code) ? error.code : 'HOST_CALL_FAILED', error.message),
          ),
        ),
    })
  }

  #settle(queued: QueuedCall, finish: () => void): void {
    // A call that was moved to a successor has left this queue position; replies come in order.
    if (this.#queue[0] !== queued) return
    this.#queue.shift()
    queued.onTime(performance.now() - this.#headSince)
    if (this.#queue.length > 0) this.#startClock()
    else clearTimeout(this.#timer)
    finish()
  }

  #startClock(): void {
    this.#headSince = performance.now()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      const child = this.#child
      child?.kill('a call passed its deadline')
      if (child !== undefined) this.#lost(child, `The call did not end within ${this.#options.deadlineMs} ms`)
    }, this.#options.deadlineMs)
  }

  #lost(child: Child, reason: string): void {
    if (this.#child !== child) return
    this.#child = undefined
    this.#channel = undefined
    clearTimeout(this.#timer)
    const guilty = this.#queue.shift()
    guilty?.onTime(performance.now() - this.#headSince)
    guilty?.reject(new PlugbayError('HOST_CALL_FAILED', reason))
    if (this.#queue.length === 0 || this.#closed) return
    this.#startClock()
    const channel = this.#open()
    for (const queued of this.#queue) this.#send(channel, queued)
  }
}
