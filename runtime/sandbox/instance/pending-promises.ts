// Promises that a guest has given to ctx.waitUntil and that are pending: they keep its instance, for a while.

/** How long a promise of ctx.waitUntil is waited for (docs/guest-api.md). */
const WAIT_UNTIL_MS = 30_000

export class PendingPromises {
  #count = 0
  /** When the count last grew. */
  #since = 0

  /** Those that are still waited for. */
  get count(): number {
    return performance.now() - this.#since < WAIT_UNTIL_MS ? this.#count : 0
  }

  /** @param count as the guest tells */
  set(count: number, now: number): void {
    if (count > this.#count) this.#since = now
    this.#count = count
  }
}
