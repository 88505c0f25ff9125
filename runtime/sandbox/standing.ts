// Where a sandbox process stands in the queue for processors: behind the others while it keeps one busy,
// so that a plugin that computes delays neither the runtime nor its neighbours by more than a turn.
// Invariant: told only by the processor time that the system counts, never by the process.

/** As every program of the machine: a plugin that computes little shall not wait for others. */
const USUAL = 0
const BUSY = 10
/** Looks at shorter times would take a single request for a habit. */
const LOOK_EVERY_MS = 500
/** Parts of a core: busy from the first on, calm again below the second. */
const BUSY_SHARE = 0.6
const CALM_SHARE = 0.3

export class Standing {
  readonly #standBack: (niceness: number) => void
  #niceness = USUAL
  #last: { readonly now: number; readonly processorMs: number } | undefined

  /** @param standBack told when the niceness is to change */
  constructor(standBack: (niceness: number) => void) {
    this.#standBack = standBack
  }

  /** Called as often as one likes. */
  look(now: number, processorMs: () => number | undefined): void {
    if (this.#last !== undefined && now - this.#last.now < LOOK_EVERY_MS) return
    const used = processorMs()
    if (used === undefined) return
    const last = this.#last
    this.#last = { now, processorMs: used }
    if (last === undefined) return
    const share = (used - last.processorMs) / (now - last.now)
    if (share >= BUSY_SHARE) this.#enter(BUSY)
    else if (share < CALM_SHARE) this.#enter(USUAL)
  }

  #enter(niceness: number): void {
    if (this.#niceness === niceness) return
    this.#niceness = niceness
    this.#standBack(niceness)
  }
}
