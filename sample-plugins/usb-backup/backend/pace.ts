// Keeps a long backup below what a task may compute: the runtime stops one that uses more than a core for a minute (`tasks.cpuPercent`),
// and what was not yet in a whole pack would be read again.

/** At full speed: what most backups are. */
const BURST = 600_000_000

export class Pace {
  readonly #bytesPerMs: number
  #owed = 0
  #at = performance.now()

  /** @param bytesPerSecond 0 for no limit */
  constructor(bytesPerSecond: number) {
    this.#bytesPerMs = bytesPerSecond / 1000
  }

  /** Resolves at once while there is something left of the burst, which grows back meanwhile. */
  async spend(bytes: number): Promise<void> {
    if (this.#bytesPerMs === 0) return
    const now = performance.now()
    this.#owed = Math.max(0, this.#owed - (now - this.#at) * this.#bytesPerMs) + bytes
    this.#at = now
    const late = (this.#owed - BURST) / this.#bytesPerMs
    if (late > 0) await new Promise((resolve) => setTimeout(resolve, late))
  }
}
