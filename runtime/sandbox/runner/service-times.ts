// How long requests of one plugin have taken lately, and what that means for one that comes now.
// Invariant: what is not known counts as nothing, since refusing somebody who would have been served is the worse mistake.

/** Requests that an average is taken over, more or less: it follows a change, and forgets a single slow request. */
const MEMORY = 16
/** Of the average: most requests are through by then. */
const MARGIN = 1.25

export interface Line {
  /** Requests that wait already. */
  readonly ahead: number
  /** Requests that are answered at the same time. */
  readonly places: number
  /** How long all places have been taken without a change. */
  readonly stalledMs: number
}

export class ServiceTimes {
  readonly #answer = new Average()
  readonly #hold = new Average()

  /** Milliseconds from sending a request to the head of its answer, for most of them. */
  get answerMs(): number {
    return MARGIN * this.#answer.value
  }

  addAnswer(ms: number): void {
    this.#answer.add(ms)
  }

  /** @param ms from sending a request until its place was free again: with the body of its answer */
  addHold(ms: number): void {
    this.#hold.add(ms)
  }

  /**
   * Milliseconds until somebody who comes now may expect an answer. Places become free one after the other, each after what
   * requests take; one that has not become free for longer than that tells that they take longer now.
   */
  expect({ ahead, places, stalledMs }: Line): number {
    return (Math.max(this.#hold.value, stalledMs) * (ahead + 1)) / places + this.answerMs
  }
}

class Average {
  value = 0
  #count = 0

  add(sample: number): void {
    if (this.#count < MEMORY) this.#count++
    this.value += (sample - this.value) / this.#count
  }
}
