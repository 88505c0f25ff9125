// Spreads what one plugin does over time: a number of turns per second, after a short burst.
// Invariant: who takes a turn waits for it; none is refused.

import { setTimeout as delay } from 'node:timers/promises'

/** Turns that were not taken are kept for this long. */
const BURST_MS = 100

export class Pace {
  readonly #stepMs: number
  #next = 0

  constructor(perSecond: number) {
    this.#stepMs = 1000 / perSecond
  }

  async take(): Promise<void> {
    const now = performance.now()
    this.#next = Math.max(this.#next, now - BURST_MS) + this.#stepMs
    const wait = this.#next - now
    // Shorter ones cost more than they spread.
    if (wait >= 1) await delay(wait, undefined, { ref: false })
  }
}
