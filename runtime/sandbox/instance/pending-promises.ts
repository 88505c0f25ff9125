// Pending promises of ctx.waitUntil: they keep the instance alive for a limited time.

/** How long a promise of ctx.waitUntil keeps the instance alive (docs/guest-api.md). */
const WAIT_UNTIL_MS = 30_000

export class PendingPromises {
  #count = 0
  /** When the count last grew. */
  #since = 0

  /** The promises that still keep the instance alive. */
  get count(): number {
    return performance.now() - this.#since < WAIT_UNTIL_MS ? this.#count : 0
  }

  /** @param count as reported by the guest */
  set(count: number, now: number): void {
    if (count > this.#count) this.#since = now
    this.#count = count
  }
}
