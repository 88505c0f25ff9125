// Limits a child to the few frames without effect that an honest one sends, such as chunks of a stream that was just cancelled.
// Invariant: a flood of them is detected within about a second, and costs the runtime less than that.

const BURST = 100_000
const PER_SECOND = 10_000
/** A smaller gain is not a pause, but the flood itself. */
const LEAST = BURST / 100

export class IgnoredFrameBudget {
  #left = BURST
  #since = performance.now()

  /** False: the budget is exceeded. */
  spend(frames = 1): boolean {
    this.#left -= frames
    if (this.#left >= 0) return true
    const now = performance.now()
    this.#left = Math.min(BURST, ((now - this.#since) * PER_SECOND) / 1000)
    this.#since = now
    return this.#left >= LEAST
  }
}
