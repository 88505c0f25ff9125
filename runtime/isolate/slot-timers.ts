// The timers of one isolate, by the id that the guest gave them. In a test of a plugin they go by the clock of the test.
// Invariant: a timer that is due is reported once, and none after stop() or close().

/** Reported in one step of a test's clock: an interval would go on for as long as the step is. */
const MAX_REPORTED = 1000

interface Armed {
  readonly handle: NodeJS.Timeout
  /** Milliseconds since 1970, by the clock of the isolate. */
  readonly dueAt: number
}

export interface SlotTimersOptions {
  readonly max: number
  readonly onDue: (id: number) => void
  /** Milliseconds that the clock of a test is ahead of that of the machine; outside of tests undefined. */
  readonly aheadMs?: number | undefined
}

export class SlotTimers {
  readonly #options: SlotTimersOptions
  readonly #armed = new Map<number, Armed>()
  #aheadMs: number

  constructor(options: SlotTimersOptions) {
    this.#options = options
    this.#aheadMs = options.aheadMs ?? 0
  }

  /** Of the isolate's clock, where that is not the machine's. */
  get aheadMs(): number {
    return this.#aheadMs
  }

  start(id: number, ms: number): void {
    if (this.#armed.size >= this.#options.max) return
    const handle = setTimeout(() => this.#report(id), ms)
    this.#armed.set(id, { handle, dueAt: this.#now() + ms })
  }

  stop(id: number): void {
    clearTimeout(this.#armed.get(id)?.handle)
    this.#armed.delete(id)
  }

  close(): void {
    for (const { handle } of this.#armed.values()) clearTimeout(handle)
    this.#armed.clear()
  }

  /**
   * Sets the clock. Timers that are due by it are reported in their order, each at its own time; what is still due after the first thousand
   * is reported by the machine's clock, at once. Returns when the next one is due, undefined without one.
   */
  setAhead(aheadMs: number): number | undefined {
    const end = Date.now() + aheadMs
    for (let reported = 0; reported < MAX_REPORTED; reported++) {
      const next = this.#next()
      if (next === undefined || next[1].dueAt > end) break
      const [id, { dueAt }] = next
      this.#aheadMs = Math.max(this.#aheadMs, dueAt - Date.now())
      this.stop(id)
      this.#options.onDue(id)
    }
    this.#aheadMs = aheadMs
    for (const [id, { handle, dueAt }] of this.#armed) {
      clearTimeout(handle)
      const left = Math.max(0, dueAt - this.#now())
      this.#armed.set(id, { handle: setTimeout(() => this.#report(id), left), dueAt })
    }
    return this.#next()?.[1].dueAt
  }

  #now(): number {
    return Date.now() + this.#aheadMs
  }

  #next(): readonly [number, Armed] | undefined {
    let first: readonly [number, Armed] | undefined
    for (const each of this.#armed) if (first === undefined || each[1].dueAt < first[1].dueAt) first = each
    return first
  }

  #report(id: number): void {
    this.#armed.delete(id)
    this.#options.onDue(id)
  }
}
