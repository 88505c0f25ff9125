// A plugin that is over its average of processor time: its requests are refused, and what is under way may end.
// Then, or when that takes longer than an answer may take, its instance is stopped: nothing else keeps it from going on.

export class Throttle {
  readonly #deadlineMs: number
  readonly #onBegin: () => void
  #overSince: number | undefined

  /** @param onBegin called when the plugin is found over its average, until it is below again */
  constructor(deadlineMs: number, onBegin: () => void) {
    this.#deadlineMs = deadlineMs
    this.#onBegin = onBegin
  }

  /** @returns whether the instance must be stopped now */
  check(isOver: boolean, isBusy: boolean): boolean {
    if (!isOver) {
      this.#overSince = undefined
      return false
    }
    const now = performance.now()
    if (this.#overSince === undefined) {
      this.#overSince = now
      this.#onBegin()
    }
    if (isBusy && now - this.#overSince < this.#deadlineMs) return false
    this.#overSince = undefined
    return true
  }
}
