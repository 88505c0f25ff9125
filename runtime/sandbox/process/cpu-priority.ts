// CPU priority of a sandbox process: lowered while the process keeps a core busy, so that a plugin that computes delays neither
// the runtime nor its neighbours by more than a time slice.
// Invariant: based on figures of the system only, never of the process; works on a busy machine too, where the process gets
// less than it wants.

/** Normal priority. */
const USUAL = 0
const BUSY = 10
/** A shorter window would mistake a single request for a habit. */
const WINDOW_MS = 1000
/** Shares of the time: busy at or above the first, normal again below the second. */
const BUSY_SHARE = 0.75
const CALM_SHARE = 0.4

export interface ProcessorUse {
  /** CPU time of the process so far, in milliseconds; undefined where the system does not report it. */
  readonly cpuMs: () => number | undefined
  /** Whether its main thread is running or waiting for a CPU right now. */
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
  #samples = 0
  #runnable = 0

  /** @param lowerPriority called when the niceness has to change */
  constructor(use: ProcessorUse, lowerPriority: (niceness: number) => void) {
    this.#use = use
    this.#lowerPriority = lowerPriority
  }

  /** Called many times a second. */
  sample(now: number): void {
    this.#samples++
    if (this.#use.isRunnable()) this.#runnable++
    const window = this.#window
    if (window !== undefined && now - window.began < WINDOW_MS) return
    const cpuMs = this.#use.cpuMs()
    if (cpuMs === undefined) return
    if (window !== undefined) {
      const used = (cpuMs - window.cpuMs) / (now - window.began)
      this.#judge(Math.max(used, this.#runnable / this.#samples))
    }
    this.#window = { began: now, cpuMs }
    this.#samples = 0
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
