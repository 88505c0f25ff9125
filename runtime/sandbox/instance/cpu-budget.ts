// Checks the CPU time of one instance against its budgets, across every await, timer and detached promise.
// A single run that never yields is not detected here, because the process is silent then (see sandbox-process.ts).
// Invariant: work for requests that keep to their budgets never makes an instance exceed its own.

/** What the budget records of a call that has no response yet. */
export interface CallCharge {
  /** CPU time of the instance when the call was first seen here; negative before. */
  cpuAt: number
  /** Calls open at that time, this one included. */
  rivals: number
  /** Calls started by that time. */
  startedAt: number
  /** Its response has begun: further CPU time counts only for the plugin's average. */
  isStreaming: boolean
}

export interface CpuSample {
  /** CPU time of the instance since it started, in milliseconds. */
  readonly cpuMs: number
  /** The same plus work done on its behalf: threads of its process, host calls. Equals `cpuMs` where that is unknown. */
  readonly totalMs: number
  /** Wall time spent runnable (running, or waiting for a core), as reported by the process. */
  readonly busyMs: number
  /** A performance.now() value. */
  readonly now: number
  readonly calls: Iterable<CallCharge>
  readonly openCalls: number
  /** Calls started so far. */
  readonly started: number
  /** Pending promises of ctx.waitUntil. */
  readonly waiting: number
  readonly isLoading: boolean
}

/** Share of a core that background work may use for ever: timers, a cache that is kept warm. */
const BACKGROUND_SHARE = 0.1
/** Above this share of the time, a plugin would take the whole core, and gets less only while others want it. */
const BUSY_SHARE = 0.8
/** Maximum number of promises of ctx.waitUntil that add to the budget. */
const MOST_WAITING = 4

type EarlierSample = Pick<CpuSample, 'totalMs' | 'busyMs' | 'now' | 'started'>

export class CpuBudget {
  readonly #budgetMs: number
  #last: EarlierSample | undefined
  #backgroundMs = 0

  /** @param budgetMs for one request, and for background work */
  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs
  }

  /** Returns an error text when the instance has exceeded its budget. */
  check(sample: CpuSample): string | undefined {
    const load = { ...sample, waiting: Math.min(sample.waiting, MOST_WAITING) }
    const { totalMs, busyMs, now, started } = load
    const last = this.#last
    this.#last = { totalMs, busyMs, now, started }
    if (load.isLoading || last === undefined) return undefined
    return this.#checkCalls(load) ?? this.#checkBackground(load, last)
  }

  /**
   * Calls run interleaved, so CPU time cannot be attributed to one of them. But the time used while a call was open was used by
   * it or by calls open at the same time: exceeding the sum of their budgets is too much.
   */
  #checkCalls({ cpuMs, calls, openCalls, started, waiting }: CpuSample): string | undefined {
    for (const call of calls) {
      if (call.isStreaming) continue
      if (call.cpuAt < 0) {
        call.cpuAt = cpuMs
        call.rivals = openCalls
        call.startedAt = started
        continue
      }
      const sharers = call.rivals + (started - call.startedAt) + waiting
      if (cpuMs - call.cpuAt > this.#budgetMs * sharers)
        return `A request used more than ${this.#budgetMs} ms of CPU time`
    }
    return undefined
  }

  /**
   * Work left behind by earlier requests: every program does a little of it, but a core for seconds or a third of one for ever
   * is too much. Usage above the allowed share accumulates; usage below it is subtracted again.
   */
  #checkBackground(load: CpuSample, last: EarlierSample): string | undefined {
    if (load.openCalls > 0 || load.started !== last.started) return undefined
    const elapsed = load.now - last.now
    const isBusy = load.busyMs - last.busyMs > BUSY_SHARE * elapsed
    const free = isBusy ? 0 : BACKGROUND_SHARE * elapsed
    this.#backgroundMs = Math.max(0, this.#backgroundMs + load.totalMs - last.totalMs - free)
    if (this.#backgroundMs <= this.#budgetMs * (1 + load.waiting)) return undefined
    return `The plugin used ${Math.round(this.#backgroundMs)} ms of CPU time while no request waited`
  }
}
