// Throttles a plugin that exceeds its average CPU limit: new requests are refused, and those in progress may end.
// Then, or after the response deadline, its instance is stopped: nothing else keeps it from continuing.

export class Throttle {
  readonly #deadlineMs: number
  readonly #onBegin: () => void
  #overSince: number | undefined

  /** @param onBegin called when the plugin starts to exceed its average */
  constructor(deadlineMs: number, onBegin: () => void) {
    this.#deadlineMs = deadlineMs
    this.#onBegin = onBegin
  }

  /** @returns whether to stop the instance now */
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
