// One data process: answers calls strictly in order, so the oldest open call is the one being executed.
// Invariant: when the process is killed or crashes, only that call fails; the calls behind it are sent to its successor. Each
// reply to a write leaves before the next call starts, so a call without a reply has not been executed. A call that was sent
// cannot be withdrawn, so all calls in flight are of one plugin.

import type { Channel, ReplySink } from '../../sdk/protocol/channel.ts'
import { type DataCall, dataCallHead } from '../../sdk/protocol/data-calls.ts'
import type { RelayedResult } from '../../sdk/protocol/host-calls.ts'
import type { WireError } from '../../sdk/protocol/wire.ts'
import { childEntry } from '../bundles/children.ts'
import { isErrorCode, PlugbayError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Child } from '../processes/child.ts'
import { type Jail, NO_JAIL } from '../processes/jail/jail.ts'
import { connect } from '../processes/link.ts'
import { WorkShares } from '../processes/work-shares.ts'

interface QueuedCall {
  readonly pluginId: string
  readonly head: string
  readonly body: Uint8Array | undefined
  readonly resolve: (answer: RelayedResult) => void
  readonly reject: (error: PlugbayError) => void
  /** Called with the execution time of the call, in milliseconds. */
  readonly onTime: (ms: number) => void
  /** It cannot go to another process, because it refers to something that is open in this one. */
  readonly isPinned: boolean
  readonly onMoved: ((to: DataProcess) => void) | undefined
  isSent: boolean
}

/** Receives the reply to a call: an object per call instead of closures (docs/performance.md). */
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
  /** Called with the execution time of the call, in milliseconds. */
  readonly onTime?: (ms: number) => void
  /** The call must not be handed over to another process. */
  readonly isPinned?: boolean
  /** Called when the call was handed over to another process. */
  readonly onMoved?: (to: DataProcess) => void
}

export interface DataProcessOptions {
  /** `<data>/plugin-data`. */
  readonly folder: string
  /** None by default. */
  readonly jail?: Jail | undefined
  readonly log: Log
  /** A call that executes for longer is ended by killing its process. */
  readonly deadlineMs: number
  /** Called while calls of one plugin execute for longer than SLOW_MS in a row; those of others may be handed over then. */
  readonly onSlow?: (pluginId: string) => void
  /** Called with the CPU time, in milliseconds, that the process has used for calls of a plugin. */
  readonly charge?: ((pluginId: string, ms: number) => void) | undefined
  /** In tests of plugins: how many milliseconds its clock is ahead of the machine's. */
  readonly clockAheadMs?: (() => number) | undefined
}

const entry = childEntry('data')
/** A call, or a row of calls of one plugin, that takes longer delays other plugins. */
export const SLOW_MS = 100
/** A timer for each call would cost more than many calls. */
const CHECK_MS = 50
/** For the start of a process, which takes seconds on a small machine that has much to do. A process that never starts is killed then. */
const START_MS = 30_000
/** The memory of a process is checked only while a call is slow: a quick one cannot use much. */
const MAX_RESIDENT_BYTES = 768_000_000
/** Largest result of env.db, and its text around it. */
const MAX_FRAME_BYTES = 32_000_000

export class DataProcess {
  readonly #options: DataProcessOptions
  readonly #queue: QueuedCall[] = []
  #child: Child | undefined
  #channel: Channel | undefined
  #headSince = 0
  /** When the first of the latest calls in a row of one plugin began. */
  #turnSince = 0
  /** Until when the call at work has been counted for its plugin. */
  #countedUntil = 0
  readonly #shares: WorkShares
  /** The process has started: its CPU time is that of calls. */
  #isReady = false
  /** Runs while there are calls, and a little longer. */
  #timer: NodeJS.Timeout | undefined
  #closed = false
  /** As the process knows it. */
  #aheadMs = 0

  constructor(options: DataProcessOptions) {
    this.#options = options
    this.#shares = new WorkShares(options.charge ?? (() => undefined))
  }

  get queued(): number {
    return this.#queue.length
  }

  /** Undefined until the process runs. */
  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Whether it runs, and a call would not wait for long. */
  get isQuick(): boolean {
    return this.#isReady && (this.#queue.length === 0 || performance.now() - this.#turnSince < CHECK_MS)
  }

  /** Resident memory in bytes; 0 without a process, or where the system does not report it. */
  residentBytes(): number {
    return this.#child?.residentBytes() ?? 0
  }

  call(call: DataCall, body: Uint8Array | undefined, options: DataCallOptions = {}): Promise<RelayedResult> {
    const { promise, resolve, reject } = Promise.withResolvers<RelayedResult>()
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

  /** Whether calls of other plugins wait behind this plugin's. */
  delaysOthers(pluginId: string): boolean {
    return this.#queue.some((queued) => queued.pluginId !== pluginId)
  }

  /** Hands calls of other plugins that have not been sent over to another process. */
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
    if (this.#queue.length === 1) this.#startTurn()
    this.#timer ??= setTimeout(() => this.#check(), CHECK_MS)
    this.#sendNext()
  }

  /** Sends the calls that may be in flight together with the oldest one. */
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
      // A call is not charged for the start of the process.
      reply: () => {
        if (this.#channel !== channel) return
        this.#isReady = true
        this.#shares.begin(child.cpuMs())
        this.#startTurn()
      },
      error() {},
    })
    this.#child = child
    this.#channel = channel
    this.#aheadMs = 0
    return channel
  }

  #send(channel: Channel, queued: QueuedCall): void {
    queued.isSent = true
    this.#setClock(channel)
    channel.call(queued.head, queued.body, new Outcome(queued, this.#settled))
  }

  /** Before the call that goes by it. */
  #setClock(channel: Channel): void {
    const aheadMs = this.#options.clockAheadMs?.() ?? 0
    if (aheadMs === this.#aheadMs) return
    this.#aheadMs = aheadMs
    const call = { method: 'clock', pluginId: '', quotaBytes: 0, args: JSON.stringify([aheadMs]) } as const
    channel.call(dataCallHead(call), undefined, { reply() {}, error() {} })
  }

  readonly #settled = (queued: QueuedCall, finish: () => void): void => this.#settle(queued, finish)

  #settle(queued: QueuedCall, finish: () => void): void {
    // A call that was handed over has left the queue; replies come in order.
    if (this.#queue[0] !== queued) return
    this.#queue.shift()
    const now = performance.now()
    this.#count(queued.pluginId, now)
    queued.onTime(now - this.#headSince)
    this.#headSince = now
    if (this.#queue[0]?.pluginId !== queued.pluginId) this.#turnSince = now
    this.#sendNext()
    finish()
  }

  /** The oldest call begins now, and with it a row of calls of its plugin. */
  #startTurn(): void {
    const now = performance.now()
    this.#headSince = now
    this.#turnSince = now
    this.#countedUntil = now
  }

  /** Counts the call at work for its plugin. */
  #count(pluginId: string, now: number): void {
    if (this.#isReady) this.#shares.add(pluginId, now - this.#countedUntil)
    this.#countedUntil = now
  }

  /** Called periodically while there are calls. */
  #check(): void {
    this.#timer = undefined
    const [first] = this.#queue
    const child = this.#child
    if (child === undefined) return
    const now = performance.now()
    if (first !== undefined) this.#count(first.pluginId, now)
    if (this.#isReady) this.#shares.divide(child.cpuMs())
    if (first === undefined) return
    const { onSlow } = this.#options
    const deadlineMs = this.#isReady ? this.#options.deadlineMs : Math.max(START_MS, this.#options.deadlineMs)
    const ms = now - this.#headSince
    const over =
      ms >= deadlineMs
        ? `The call did not end within ${deadlineMs} ms`
        : ms >= SLOW_MS && child.residentBytes() > MAX_RESIDENT_BYTES
          ? 'The call used too much memory'
          : undefined
    this.#timer = setTimeout(() => this.#check(), CHECK_MS)
    if (over !== undefined) {
      // The runtime itself may be late: read the replies that have already arrived first.
      setImmediate(() => {
        if (this.#queue[0] !== first || this.#child !== child) return
        child.kill(over)
        this.#lost(child, over)
      })
      return
    }
    if (now - this.#turnSince >= SLOW_MS) onSlow?.(first.pluginId)
  }

  #lost(child: Child, reason: string): void {
    if (this.#child !== child) return
    this.#child = undefined
    this.#channel = undefined
    this.#isReady = false
    const culprit = this.#queue.shift()
    culprit?.onTime(performance.now() - this.#headSince)
    culprit?.reject(new PlugbayError('HOST_CALL_FAILED', reason))
    if (this.#queue.length === 0 || this.#closed) return
    for (const queued of this.#queue) queued.isSent = false
    this.#startTurn()
    this.#sendNext()
  }
}
