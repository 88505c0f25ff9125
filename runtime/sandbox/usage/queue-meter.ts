// What the requests of one plugin had to wait for their turn, over all of its releases: plain counters.

export interface QueueFigures {
  /** Requests that wait now. */
  readonly waiting: number
  /** Requests that have waited, or wait. */
  readonly queued: number
  /** How long those that wait no more have waited, together. */
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
