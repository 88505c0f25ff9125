// Memory of the requests that wait, over all plugins.
// A line may hold as much as all lines together leave free: one alone gets half of the memory, two a third each, and so on. Some
// is always left for the next plugin, without a share kept for everybody ("dynamic thresholds", Choudhury and Hahne, 1998).

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
   * @param held by the line that asks
   * @returns false, and nothing is taken, when that would be more than its share
   */
  take(bytes: number, held: number): boolean {
    if (held + bytes > this.#maxBytes - this.#used) return false
    this.#used += bytes
    return true
  }

  /** For what must not be refused. */
  force(bytes: number): void {
    this.#used += bytes
  }

  give(bytes: number): void {
    this.#used -= bytes
  }
}
