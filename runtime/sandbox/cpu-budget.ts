// Processor time of one instance against its budgets, over every await, timer and detached promise.
// What a single run uses that never yields is not seen here: the process is silent then (see sandbox-process.ts).
// Invariant: an instance whose requests all keep to their budgets is never found guilty of what is done for a request.

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

/** Work that goes on while nobody waits is looked at when it takes more than this part of a core. */
const BUSY_SHARE = 0.5

export class CpuBudget {
  readonly #budgetMs: number
  #last: { readonly cpuMs: number; readonly now: number; readonly started: number } | undefined
  #unaskedMs = 0

  /** @param budgetMs of one request, and of work that nobody waits for */
  constructor(budgetMs: number) {
    this.#budgetMs = budgetMs
  }

  /** Says what is wrong when the instance has used more than it may. */
  check(load: Load): string | undefined {
    const { cpuMs, now, started } = load
    const last = this.#last
    this.#last = { cpuMs, now, started }
    if (load.isLoading || last === undefined) return undefined
    return this.#checkCalls(load) ?? this.#checkUnasked(load, last)
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

  /** Work that answers have left behind: a little of it is what every program does, a core for seconds is not. */
  #checkUnasked(load: Load, last: { cpuMs: number; now: number; started: number }): string | undefined {
    if (load.openCalls > 0 || load.started !== last.started) return undefined
    const used = load.cpuMs - last.cpuMs
    if (used <= BUSY_SHARE * (load.now - last.now)) {
      this.#unaskedMs = 0
      return undefined
    }
    this.#unaskedMs += used
    if (this.#unaskedMs <= this.#budgetMs * (1 + load.waiting)) return undefined
    return `The plugin used ${Math.round(this.#unaskedMs)} ms of processor time while no request waited`
  }
}
