// One data process: answers calls strictly one after the other, so the oldest one is the one at work.
// Invariant: when it is killed or crashes only the call at work fails; those behind it are sent to its successor.
// Each answer to a write leaves before the next call is at work, so what is not answered has not been done.
// What has been sent cannot be taken back, so only calls of one plugin are ever under way at the same time.

import type { Channel, ReplySink } from '../../sdk/protocol/channel.ts'
import { type DataCall, dataCallHead } from '../../sdk/protocol/data-calls.ts'
import type { RelayedAnswer } from '../../sdk/protocol/host-calls.ts'
import type { WireError } from '../../sdk/protocol/wire.ts'
import { childEntry } from '../bundles/children.ts'
import { isErrorCode, PlugbayError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Child } from '../processes/child.ts'
import { type Jail, NO_JAIL } from '../processes/jail/jail.ts'
import { connect } from '../processes/link.ts'

interface QueuedCall {
  readonly pluginId: string
  readonly head: string
  readonly body: Uint8Array | undefined
  readonly resolve: (answer: RelayedAnswer) => void
  readonly reject: (error: PlugbayError) => void
  /** Told how long the call was at work, in milliseconds. */
  readonly onTime: (ms: number) => void
  /** It goes to this process or to none: what it is about is open here. */
  readonly isPinned: boolean
  readonly onMoved: ((to: DataProcess) => void) | undefined
  isSent: boolean
}

/** Where the reply to a call goes: an object per call, not closures (docs/performance.md). */
class Outcome implements ReplySink {
  readonly #queued: QueuedCall
  readonly #settled: (queued: QueuedCall, finish: () => void) => void

  constructor(queued: QueuedCall, settled: (queued: QueuedCall, finish: () => void) => void) {
    this.#queued = queued
    this.#settled = settled
  }

  reply(text: string, body: Uint8Array | undefined): void {
    this.#settled(this.#queued, () => this.#queued.resolve({ text, body }))
  }

  error({ code, message }: WireError): void {
    const error = new PlugbayError(isErrorCode(code) ? code : 'HOST_CALL_FAILED', message)
    this.#settled(this.#queued, () => this.#queued.reject(error))
  }
}

export interface DataCallOptions {
  /** Told how long the call was at work, in milliseconds. */
  readonly onTime?: (ms: number) => void
  /** It is not to be taken over by another process. */
  readonly isPinned?: boolean
  /** Told when another process has taken it over. */
  readonly onMoved?: (to: DataProcess) => void
}

export interface DataProcessOptions {
  /** `<data>/plugin-data`. */
  readonly folder: string
  /** None by default. */
  readonly jail?: Jail | undefined
  readonly log: Log
  /** A call at work for longer is ended, with its process. */
  readonly deadlineMs: number
  /** Told while a call is at work for longer than SLOW_MS; calls of others may be taken over then. */
  readonly onSlow?: (pluginId: string) => void
}

const entry = childEntry('data')
/** A call at work for longer delays others. */
export const SLOW_MS = 100
/** Memory of a process is looked at only while a call is slow: a quick one cannot use much. */
const MAX_RESIDENT_BYTES = 768_000_000
/** Largest answer of env.db, and its text around it. */
const MAX_FRAME_BYTES = 32_000_000

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

  /** Resident memory in bytes; 0 where there is no process, or the system does not tell. */
  residentBytes(): number {
    return this.#child?.residentBytes() ?? 0
  }

  call(call: DataCall, body: Uint8Array | undefined, options: DataCallOptions = {}): Promise<RelayedAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<RelayedAnswer>()
    if (this.#closed) {
      reject(new PlugbayError('HOST_CALL_FAILED', 'The data process is closed'))
      return promise
    }
    const { pluginId } = call
    const { onTime = () => {}, isPinned = false, onMoved } = options
    const head = dataCallHead(call)
    this.#take({ pluginId, head, body, resolve, reject, onTime, isPinned, onMoved, isSent: false })
    return promise
  }

  /** Whether calls of others wait behind those of the plugin. */
  delaysOthers(pluginId: string): boolean {
    return this.#queue.some((queued) => queued.pluginId !== pluginId)
  }

  /** Hands calls of other plugins, which have not been sent, to another process. */
  handOver(except: string, to: DataProcess): void {
    const isKept = (queued: QueuedCall) => queued.isSent || queued.isPinned || queued.pluginId === except
    const others = this.#queue.filter((queued) => !isKept(queued))
    const kept = this.#queue.filter(isKept)
    this.#queue.splice(0, this.#queue.length, ...kept)
    for (const queued of others) {
      to.#take(queued)
      queued.onMoved?.(to)
    }
  }

  #take(queued: QueuedCall): void {
    this.#queue.push(queued)
    if (this.#queue.length === 1) this.#startClock()
    this.#sendNext()
  }

  /** Sends what may be under way beside the call at work. */
  #sendNext(): void {
    const [first] = this.#queue
    if (first === undefined || this.#closed) return
    const channel = this.#open()
    for (const queued of this.#queue) {
      if (queued.pluginId !== first.pluginId) break
      if (!queued.isSent) this.#send(channel, queued)
    }
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
    const { folder, jail = NO_JAIL, log } = this.#options
    const { child, channel } = connect({
      name: 'data',
      entry: entry(),
      rights: { read: [folder], write: [folder] },
      jail,
      log,
      maxFrameBytes: MAX_FRAME_BYTES,
      onExit: () => this.#lost(child, 'The data process ended unexpectedly'),
    })
    const first = { method: 'open', pluginId: '', quotaBytes: 0, args: JSON.stringify([folder]) } as const
    channel.call(dataCallHead(first), undefined, {
      // A call is not to blame for the time that the process took to start; one that never starts is ended like a call.
      reply: () => {
        if (this.#channel === channel) this.#headSince = performance.now()
      },
      error() {},
    })
    this.#child = child
    this.#channel = channel
    return channel
  }

  #send(channel: Channel, queued: QueuedCall): void {
    queued.isSent = true
    channel.call(queued.head, queued.body, new Outcome(queued, this.#settled))
  }

  readonly #settled = (queued: QueuedCall, finish: () => void): void => this.#settle(queued, finish)

  #settle(queued: QueuedCall, finish: () => void): void {
    // A call that was moved to a successor has left this queue position; replies come in order.
    if (this.#queue[0] !== queued) return
    this.#queue.shift()
    queued.onTime(performance.now() - this.#headSince)
    if (this.#queue.length > 0) this.#startClock()
    else clearTimeout(this.#timer)
    this.#sendNext()
    finish()
  }

  #startClock(): void {
    this.#headSince = performance.now()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#look(), SLOW_MS)
  }

  /** Looks at a call that is slow, again and again until it ends. */
  #look(): void {
    const [first] = this.#queue
    const child = this.#child
    if (first === undefined || child === undefined) return
    const { deadlineMs, onSlow } = this.#options
    const over =
      performance.now() - this.#headSince >= deadlineMs
        ? `The call did not end within ${deadlineMs} ms`
        : child.residentBytes() > MAX_RESIDENT_BYTES
          ? 'The call used too much memory'
          : undefined
    if (over !== undefined) {
      // The runtime itself may be late: answers that have arrived are read first.
      setImmediate(() => {
        if (this.#queue[0] !== first || this.#child !== child) return
        child.kill(over)
        this.#lost(child, over)
      })
      return
    }
    this.#timer = setTimeout(() => this.#look(), SLOW_MS)
    onSlow?.(first.pluginId)
  }

  #lost(child: Child, reason: string): void {
    if (this.#child !== child) return
    this.#child = undefined
    this.#channel = undefined
    clearTimeout(this.#timer)
    const culprit = this.#queue.shift()
    culprit?.onTime(performance.now() - this.#headSince)
    culprit?.reject(new PlugbayError('HOST_CALL_FAILED', reason))
    if (this.#queue.length === 0 || this.#closed) return
    for (const queued of this.#queue) queued.isSent = false
    this.#startClock()
    this.#sendNext()
  }
}
