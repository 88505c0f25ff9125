// Recent response times of one plugin's requests, and the expected wait of a new one.
// Invariant: unknown times count as zero, because refusing a request that would have been served is the worse mistake.

/** Approximate number of requests in the average: it follows a change, and forgets a single slow request. */
const MEMORY = 16
/** Factor on the average: most requests are done by then. */
const MARGIN = 1.25

export interface Line {
  /** Requests that are already waiting. */
  readonly ahead: number
  /** Number of places: requests that run concurrently. */
  readonly places: number
  /** How long all places have been taken without a change. */
  readonly stalledMs: number
}

export class ServiceTimes {
  readonly #answer = new Average()
  readonly #hold = new Average()

  /** Milliseconds from sending a request to the head of its response, for most requests. */
  get answerMs(): number {
    return MARGIN * this.#answer.value
  }

  addAnswer(ms: number): void {
    this.#answer.add(ms)
  }

  /** @param ms from sending a request until its place was free again, including the body of its response */
  addHold(ms: number): void {
    this.#hold.add(ms)
  }

  /**
   * Expected milliseconds until the response to a new request. Places become free one after the other, each after the usual
   * time of a request; a longer stall means that requests take longer now.
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
