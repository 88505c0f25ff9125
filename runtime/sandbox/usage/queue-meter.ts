// How long requests of one plugin had to wait, over all its releases: plain counters.

export interface QueueFigures {
  /** Requests waiting now. */
  readonly waiting: number
  /** Requests that have waited, including those waiting now. */
  readonly queued: number
  /** Total waiting time of the requests that no longer wait. */
  readonly waitedMs: number
  /** Requests answered 503 because they would not have been served in time. */
  readonly refused: number
}

export class QueueMeter {
  #waiting = 0
  #queued = 0
  #waitedMs = 0
  #refused = 0

  enter(): void {
    this.#waiting++
    this.#queued++
  }

  leave(waitedMs: number): void {
    this.#waiting--
    this.#waitedMs += waitedMs
  }

  refuse(): void {
    this.#refused++
  }

  get figures(): QueueFigures {
    return {
      waiting: this.#waiting,
      queued: this.#queued,
      waitedMs: Math.round(this.#waitedMs),
      refused: this.#refused,
    }
  }
}
