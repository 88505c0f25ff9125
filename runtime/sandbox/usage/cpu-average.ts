// Average CPU time of one plugin over the last minute, in steps of a second.
// Invariant: allocates nothing after construction, and time only moves forward.

/** The period of the average. */
export const CPU_WINDOW_MS = 60_000
const STEP_MS = 1000
const STEPS = CPU_WINDOW_MS / STEP_MS

export class CpuAverage {
  /** Milliseconds of CPU time, by the step modulo STEPS. */
  readonly #used = new Float64Array(STEPS)
  #step = 0
  #sum = 0

  /** @param nowMs a performance.now() value */
  add(ms: number, nowMs: number): void {
    this.#moveTo(nowMs)
    const place = this.#step % STEPS
    this.#used[place] = (this.#used[place] ?? 0) + ms
    this.#sum += ms
  }

  /** Share of one core, in percent: 100 is one fully busy core. */
  percent(nowMs: number): number {
    this.#moveTo(nowMs)
    return (100 * this.#sum) / CPU_WINDOW_MS
  }

  /** Milliseconds until the average falls to `percent` if no more is used; 0 if it is already there. */
  msUntilBelow(percent: number, nowMs: number): number {
    this.#moveTo(nowMs)
    let excess = this.#sum - (percent / 100) * CPU_WINDOW_MS
    // Adding and subtracting leaves rounding errors.
    if (excess <= 1e-6) return 0
    for (let age = STEPS - 1; age >= 0; age--) {
      const step = this.#step - age
      if (step >= 0) excess -= this.#used[step % STEPS] ?? 0
      if (excess <= 1e-6) return (step + STEPS) * STEP_MS - nowMs
    }
    return CPU_WINDOW_MS
  }

  #moveTo(nowMs: number): void {
    const step = Math.floor(nowMs / STEP_MS)
    if (step - this.#step >= STEPS) {
      this.#used.fill(0)
      this.#sum = 0
      this.#step = step
      return
    }
    while (this.#step < step) {
      this.#step++
      const place = this.#step % STEPS
      this.#sum -= this.#used[place] ?? 0
      this.#used[place] = 0
    }
  }
}
