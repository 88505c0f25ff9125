// Where a sandbox process stands in the queue for processors: behind the others while it keeps one busy,
// so that a plugin that computes delays neither the runtime nor its neighbours by more than a turn.
// Invariant: told by the system only, never by the process; on a busy machine too, where it gets less than it wants.

/** As every program of the machine: a plugin that computes little shall not wait for others. */
const USUAL = 0
const BUSY = 10
/** Looks at shorter times would take a single request for a habit. */
const WINDOW_MS = 1000
/** Parts of the time: busy from the first on, calm again below the second. */
const BUSY_SHARE = 0.75
const CALM_SHARE = 0.4

export interface ProcessorUse {
  /** Processor time of the process so far, in milliseconds; undefined where nobody can tell. */
  readonly cpuMs: () => number | undefined
  /** Whether its main thread runs at this moment, or waits for a processor. */
  readonly isRunnable: () => boolean
}

interface Window {
  readonly began: number
  readonly cpuMs: number
}

export class CpuPriority {
  readonly #use: ProcessorUse
  readonly #lowerPriority: (niceness: number) => void
  #niceness = USUAL
  #window: Window | undefined
  #looks = 0
  #runnable = 0

  /** @param lowerPriority told when the niceness is to change */
  constructor(use: ProcessorUse, lowerPriority: (niceness: number) => void) {
    this.#use = use
    this.#lowerPriority = lowerPriority
  }

  /** Called many times a second. */
  look(now: number): void {
    this.#looks++
    if (this.#use.isRunnable()) this.#runnable++
    const window = this.#window
    if (window !== undefined && now - window.began < WINDOW_MS) return
    const cpuMs = this.#use.cpuMs()
    if (cpuMs === undefined) return
    if (window !== undefined) {
      const used = (cpuMs - window.cpuMs) / (now - window.began)
      this.#judge(Math.max(used, this.#runnable / this.#looks))
    }
    this.#window = { began: now, cpuMs }
    this.#looks = 0
    this.#runnable = 0
  }

  #judge(share: number): void {
    if (share >= BUSY_SHARE) this.#enter(BUSY)
    else if (share < CALM_SHARE) this.#enter(USUAL)
  }

  #enter(niceness: number): void {
    if (this.#niceness === niceness) return
    this.#niceness = niceness
    this.#lowerPriority(niceness)
  }
}
