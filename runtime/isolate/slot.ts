// One isolate in this process: a warm one first, then with the plugin's script; frames go in by calls of one function.
// Alone in its process a guest runs synchronously, on this thread; in a shared process each delivery runs on a thread of its
// own.
// Invariant: the guest holds callbacks only, never an object of isolated-vm.

import { performance } from 'node:perf_hooks'
import ivm from 'isolated-vm'
import {
  type GuestEvent,
  HOST_RESULT,
  type LostRejection,
  TIMER_DUE,
  UNHANDLED,
} from '../../sdk/protocol/guest-boot.ts'
import {
  type LoadCall,
  type SlotEvent,
  type SlotFigures,
  scriptName,
} from '../../sdk/protocol/sandbox-control.ts'
import type { Body } from '../../sdk/protocol/wire.ts'
import { EVENT } from '../../sdk/protocol/wire.ts'
import type { ReadCatalog } from './catalogs.ts'
import { compile, exactBuffer, type ScriptSource } from './guest-script.ts'
import { handOver, LONG_BODY } from './hand-over.ts'
import { createCompressionHost } from './host-functions/compression.ts'
import { createCryptoHost } from './host-functions/crypto.ts'
import { createDigestHost } from './host-functions/digests.ts'
import { createHostFunctions } from './host-functions/host-functions.ts'
import { IsolateInspector, type SendPiece } from './isolate-inspector.ts'
import { createLogRateLimit, type LogLevel } from './log-rate-limit.ts'
import { pluginLines } from './plugin-lines.ts'
import type { PoolSeat } from './pool-turns.ts'
import { SlotTimers } from './slot-timers.ts'
import type { WarmIsolate } from './warm-isolate.ts'

export interface SlotOptions {
  readonly load: LoadCall
  readonly warm: WarmIsolate
  readonly plugin: ScriptSource
  readonly catalog: ReadCatalog
  readonly send: (kind: number, id: number, head: string, body: Body) => void
  /** Its share of the pool's threads; closed with the slot. */
  readonly seat: PoolSeat
  /** In a shared process: called before the first of several runs begins, and when the last has ended. */
  readonly onRun?: ((isUnderWay: boolean) => void) | undefined
  /** What the inspector says, of an isolate that was loaded for it. */
  readonly sendInspector?: SendPiece
  /** The isolate is lost; the slot has been disposed of. */
  readonly onFailed: (failure: SlotFailure) => void
}

type SlotFailure = Pick<SlotEvent, 'code' | 'message' | 'isCatastrophic'>

type HostFunction = (...args: unknown[]) => unknown
type Deliver = ivm.Reference<(kind: number, id: number, head: string, body?: ArrayBuffer) => void>

const COPY = { arguments: { copy: true } } as const
/** The guest truncates larger heads itself; this is the child's own check. */
const MAX_HEAD = 1024 * 1024
const ALONE_FACTOR = 8

export class Slot {
  readonly #options: SlotOptions
  readonly #isolate: ivm.Isolate
  readonly #deliver: Deliver
  readonly #inspector: IsolateInspector | undefined
  readonly #timers: SlotTimers
  #heap = { heapBytes: 0, externalBytes: 0 }
  /** Deliveries that have not returned; only where they run on another thread: in a shared process, and for an inspector. */
  #runs = 0
  /** When the current delivery began. */
  #runSince = 0
  /** When the current sequence of deliveries began, and how long earlier ones lasted. */
  #busySince = 0
  #busyMs = 0
  /** Deliveries so far; the guest counts them too. */
  #delivered = 0
  #disposed = false
  #endStreams = (): void => undefined

  /** Throws when the plugin's script does not compile or fails while it starts. With an inspector the script waits for `start()`. */
  constructor(options: SlotOptions) {
    this.#options = options
    const { load } = options
    const { isolate, context, boot } = options.warm
    this.#isolate = isolate
    this.#timers = new SlotTimers({
      max: load.config.maxTimers,
      onDue: (id) => this.receive(TIMER_DUE, id, '', undefined),
      aheadMs: load.clockAheadMs,
    })
    options.warm.onCatastrophe((message) =>
      this.#fail({ code: 'GUEST_CRASHED', message, isCatastrophic: true }),
    )
    const functions = this.#callbacks()
    const deliver: unknown = boot.applySync(
      undefined,
      [JSON.stringify(load.config), JSON.stringify(Object.keys(functions)), ...Object.values(functions)],
      { result: { reference: true } },
    )
    this.#deliver = deliver as Deliver
    if (load.inspect === true && options.sendInspector !== undefined) {
      this.#inspector = new IsolateInspector(options.warm, options.sendInspector)
      return
    }
    compile(this.#isolate, { ...options.plugin, filename: scriptName(load.config.pluginId) }).runSync(
      context,
      // This limit is of wall time. When the plugin is alone in its process, the runtime enforces its budget by CPU time, so
      // that a busy machine does not keep it from starting.
      { timeout: load.shared ? load.runMs : ALONE_FACTOR * load.runMs },
    )
  }

  /** Runs the script where the inspector can pause it. Rejects as the constructor throws. */
  async start(): Promise<void> {
    const { plugin, warm, load } = this.#options
    const script = compile(this.#isolate, { ...plugin, filename: scriptName(load.config.pluginId) })
    this.#runs++
    try {
      await script.run(warm.context)
    } finally {
      this.#runs--
    }
  }

  get isInspected(): boolean {
    return this.#inspector !== undefined
  }

  /** A message for the inspector. */
  inspect(message: string): void {
    if (!this.#disposed) this.#inspector?.receive(message)
  }

  /** Sets the clock of a test, and returns when the next timer is due; undefined without one, and for an isolate with the machine's clock. */
  setClock(aheadMs: number): number | undefined {
    const hasClock = this.#options.load.clockAheadMs !== undefined && !this.#disposed
    return hasClock ? this.#timers.setAhead(aheadMs) : undefined
  }

  /** @param body becomes the guest's when it fills its buffer; the caller keeps no view of it */
  receive(kind: number, id: number, head: string, body: Uint8Array | undefined): void {
    if (this.#disposed) return
    if (this.#isOnThread) void this.#receiveAsync(kind, id, head, body)
    else this.#receiveSync(kind, id, head, body)
  }

  figures(slot: number): SlotFigures {
    const poolMs = this.#options.seat.ms
    if (this.#disposed)
      return { slot, cpuMs: 0, heapBytes: 0, externalBytes: 0, busyMs: this.#busyMs, runMs: 0, poolMs }
    // A query of an isolate that runs on its own thread waits for it, and every neighbour would wait too. One with an inspector may be
    // paused between its runs.
    if (this.#inspector !== undefined) this.#isolate.getHeapStatistics().then(this.#takeHeap, () => undefined)
    else if (this.#runs === 0) this.#takeHeap(this.#isolate.getHeapStatisticsSync())
    const now = performance.now()
    const isRunning = this.#runs > 0
    return {
      slot,
      cpuMs: Number(this.#isolate.cpuTime / 1_000_000n),
      ...this.#heap,
      busyMs: this.#options.load.shared
        ? this.#busyMs + (isRunning ? now - this.#busySince : 0)
        : performance.eventLoopUtilization().active,
      runMs: isRunning && this.#inspector === undefined ? now - this.#runSince : 0,
      poolMs,
    }
  }

  readonly #takeHeap = (heap: ivm.HeapStatistics) => {
    this.#heap = { heapBytes: heap.used_heap_size, externalBytes: heap.externally_allocated_size }
  }

  /** Disposed of, and none of its operations is on a thread any more. */
  get isGone(): boolean {
    return this.#disposed && this.#options.seat.busy === 0
  }

  dispose(): void {
    if (this.#disposed) return
    this.#disposed = true
    this.#timers.close()
    this.#options.seat.close()
    this.#endStreams()
    // A run that is paused goes on, and ends.
    this.#inspector?.close()
    if (!this.#isolate.isDisposed) this.#isolate.dispose()
  }

  get #isOnThread(): boolean {
    const { shared, inspect = false } = this.#options.load
    return shared || inspect
  }

  #receiveSync(kind: number, id: number, head: string, body: Uint8Array | undefined): void {
    const run = ++this.#delivered
    try {
      if (body === undefined) this.#deliver.applySync(undefined, [kind, id, head])
      else if (body.byteLength < LONG_BODY)
        this.#deliver.applySync(undefined, [kind, id, head, exactBuffer(body)], COPY)
      else this.#deliver.applySync(undefined, [kind, id, head, handOver(body)])
    } catch (error) {
      this.#afterThrow(error, kind, run)
    }
  }

  async #receiveAsync(kind: number, id: number, head: string, body: Uint8Array | undefined): Promise<void> {
    // A run that is paused has all the time.
    const limit = this.#inspector === undefined ? { timeout: this.#options.load.runMs } : {}
    const run = ++this.#delivered
    if (this.#runs++ === 0) {
      this.#runSince = performance.now()
      this.#busySince = this.#runSince
      this.#options.onRun?.(true)
    }
    try {
      if (body === undefined) await this.#deliver.apply(undefined, [kind, id, head], limit)
      else await this.#deliver.apply(undefined, [kind, id, head, exactBuffer(body)], { ...COPY, ...limit })
    } catch (error) {
      this.#afterThrow(error, kind, run)
    } finally {
      this.#runSince = performance.now()
      if (--this.#runs === 0) {
        this.#busyMs += this.#runSince - this.#busySince
        this.#options.onRun?.(false)
      }
    }
  }

  /**
   * The guest bundle answers every call and lets nothing through; an error that arrives here is either the end of the isolate,
   * a run that was stopped at its time limit, or an unhandled rejection, which isolated-vm throws after the run.
   */
  #afterThrow(error: unknown, kind: number, run: number): void {
    if (this.#disposed) return
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
    const failure = { message, isCatastrophic: false }
    if (this.#isolate.isDisposed) return this.#fail({ code: 'GUEST_CRASHED', ...failure })
    if (message === 'Script execution timed out.') return this.#fail({ code: 'GUEST_DEADLINE', ...failure })
    const report = { name, message, stack: pluginLines(stack ?? '') }
    if (kind !== UNHANDLED) {
      const lost: LostRejection = isPrimitive(error) ? { run, value: error } : { run, error: report }
      return this.receive(UNHANDLED, 0, JSON.stringify(lost), undefined)
    }
    // A listener of "unhandledrejection" that leaves such a promise itself is not called again.
    const event: GuestEvent = { e: 'unhandled', error: report }
    this.#options.send(EVENT, 0, JSON.stringify(event), undefined)
  }

  #fail(failure: SlotFailure): void {
    if (this.#disposed) return
    this.dispose()
    this.#options.onFailed(failure)
  }

  #callbacks(): Record<string, ivm.Callback> {
    const { load, send, seat, catalog } = this.#options
    const report = (event: GuestEvent) => {
      if (!this.#disposed) send(EVENT, 0, JSON.stringify(event), undefined)
    }
    const logRateLimit = createLogRateLimit(load.logLinesPerSecond, {
      line: (level, text, requestId) =>
        report({ e: 'log', level, text, ...(requestId !== undefined && { requestId }) }),
      dropped: (count) => report({ e: 'log-dropped', count }),
    })
    const ignored = this.#isOnThread ? { ignored: true as const } : undefined
    const callbacks: Record<string, ivm.Callback> = {
      post: new ivm.Callback((kind: number, id: number, head: string, body: Body) => {
        if (typeof head === 'string' && head.length <= MAX_HEAD) send(kind, id, head, body)
      }, ignored),
      log: new ivm.Callback(
        (level: LogLevel, text: string, requestId?: string) =>
          logRateLimit.write(level, String(text), requestId),
        ignored,
      ),
      catalog: new ivm.Callback(catalog),
      startTimer: new ivm.Callback((id: number, ms: number) => {
        if (!this.#disposed) this.#timers.start(id, ms)
      }, ignored),
      stopTimer: new ivm.Callback((id: number) => this.#timers.stop(id), ignored),
    }
    // A copy: Node does not say whether it keeps the memory of its results.
    const answer = (id: number, head: string, body: Uint8Array | undefined) =>
      this.receive(HOST_RESULT, id, head, body === undefined ? undefined : new Uint8Array(body))
    const crypto = createCryptoHost(answer, seat)
    const compression = createCompressionHost(answer, seat)
    this.#endStreams = () => compression.close()
    callbacks.startCrypto = new ivm.Callback(crypto.start, ignored)
    callbacks.dropKeys = new ivm.Callback(crypto.dropKeys, ignored)
    const digests = createDigestHost()
    callbacks.updateDigest = new ivm.Callback(digests.update)
    callbacks.finishDigest = new ivm.Callback(digests.finish)
    callbacks.dropDigests = new ivm.Callback(digests.drop, ignored)
    callbacks.startCompression = new ivm.Callback(compression.start, ignored)
    callbacks.dropCompressions = new ivm.Callback(compression.drop, ignored)
    const common = createHostFunctions()
    if (load.clockAheadMs !== undefined)
      callbacks.now = new ivm.Callback(() => common.now() + this.#timers.aheadMs)
    for (const [name, implementation] of Object.entries(common)) {
      if (!(name in callbacks)) callbacks[name] = new ivm.Callback(implementation as HostFunction)
    }
    return callbacks
  }
}

function isPrimitive(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}
