// Processor time of one instance against its budgets, over every await, timer and detached promise.
// What a single run uses that never yields is not seen here: the process is silent then (see sandbox-process.ts).
// Invariant: an instance whose requests all keep to their budgets is never found culprit of what is done for a request.

/** What the budget remembers of a call that waits for its answer. */
export interface CallCharge {
  /** Processor time of the instance when the call was first seen here; negative before. */
  cpuAt: number
  /** Calls that were open then, this one included. */
  rivals: number
  /** Calls that had been started then. */
  startedAt: number
  /** Its answer has begun: what it uses from there on counts for the average of the plugin only. */
  isStreaming: boolean
}

export interface Load {
  /** In milliseconds, of the instance since it started. */
  readonly cpuMs: number
  /** The same with what others did for it: threads of its process, host calls. `cpuMs` where nobody can tell. */
  readonly totalMs: number
  /** Wall time that it has been running, or would have been where nobody else wants the core; as the process tells. */
  readonly busyMs: number
  /** As of performance.now(). */
  readonly now: number
  readonly calls: Iterable<CallCharge>
  readonly openCalls: number
  /** Calls that have ever been started. */
  readonly started: number
  /** Promises of ctx.waitUntil that are pending. */
  readonly waiting: number
  readonly isLoading: boolean
}

/** Work that goes on while nobody waits may take this part of a core for ever: timers, a cache that is kept warm. */
const BACKGROUND_SHARE = 0.1
/** Who runs for more than this part of the time would take the whole core, and gets less only while others want it. */
const BUSY_SHARE = 0.8
/** Promises of ctx.waitUntil that bring a budget: more of them bring no more. */
const MOST_WAITING = 4

type Look = Pick<Load, 'totalMs' | 'busyMs' | 'now' | 'started'>

export class CpuBudget {
  readonly #budgetMs: number
  #last: Look | undefined
  #backgroundMs = 0

  /** @param budgetMs of one request, and of work that nobody waits for */
  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs
  }

  /** Says what is wrong when the instance has used more than it may. */
  check(told: Load): string | undefined {
    const load = { ...told, waiting: Math.min(told.waiting, MOST_WAITING) }
    const { totalMs, busyMs, now, started } = load
    const last = this.#last
    this.#last = { totalMs, busyMs, now, started }
    if (load.isLoading || last === undefined) return undefined
    return this.#checkCalls(load) ?? this.#checkBackground(load, last)
  }

  /**
   * Calls run interleaved, and nobody can tell whose a millisecond was. But what was used while a call was open was used
   * by it, or by one that was open at some time beside it: more than the budgets of all of these together is too much.
   */
  #checkCalls({ cpuMs, calls, openCalls, started, waiting }: Load): string | undefined {
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
        return `A request used more than ${this.#budgetMs} ms of processor time`
    }
    return undefined
  }

  /**
   * Work that answers have left behind: a little of it is what every program does, a core for seconds is not, and a third
   * of one for ever is not either. What is over the share adds up, what is under it is taken off again.
   */
  #checkBackground(load: Load, last: Look): string | undefined {
    if (load.openCalls > 0 || load.started !== last.started) return undefined
    const elapsed = load.now - last.now
    const isBusy = load.busyMs - last.busyMs > BUSY_SHARE * elapsed
    const free = isBusy ? 0 : BACKGROUND_SHARE * elapsed
    this.#backgroundMs = Math.max(0, this.#backgroundMs + load.totalMs - last.totalMs - free)
    if (this.#backgroundMs <= this.#budgetMs * (1 + load.waiting)) return undefined
    return `The plugin used ${Math.round(this.#backgroundMs)} ms of processor time while no request waited`
  }
}
