// Memory of waiting requests, over all plugins.
// A queue may hold as much as all queues together leave free: a single one gets half of the memory, two get a third each, and
// so on. Some always remains for the next plugin, without a fixed share for each ("dynamic thresholds", Choudhury and Hahne,
// 1998).

export class QueueMemory {
  readonly #maxBytes: number
  #used = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  get used(): number {
    return this.#used
  }

  /**
   * @param held memory that the requesting queue holds
   * @returns false, and takes nothing, when that would exceed its share
   */
  take(bytes: number, held: number): boolean {
    if (held + bytes > this.#maxBytes - this.#used) return false
    this.#used += bytes
    return true
  }

  /** For calls that must not be refused. */
  force(bytes: number): void {
    this.#used += bytes
  }

  give(bytes: number): void {
    this.#used -= bytes
  }
}
