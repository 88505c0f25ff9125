// Whose password is hashed next. Hashing is dear, so strangers could keep the owners of accounts from it: known users have a lane
// of their own, and strangers take turns by the network that they come from.
// Invariant: at most one is hashed per lane at a time, and what waits is bounded.

import { RetryLater } from '../server/problem.ts'

/** `known`: has signed in with this browser before, is signed in, or has a link. */
export type Lane = 'known' | 'stranger'

export interface Turn {
  readonly lane: Lane
  /** A network, or a user. */
  readonly source: string
}

interface Job {
  start(): Promise<void>
  refuse(): void
}

export interface QueueOptions {
  /** Of one source in one lane. 4. */
  readonly maxPerSource?: number
  /** In one lane. 60. */
  readonly maxWaiting?: number
}

const RETRY_SECONDS = 10

export class PasswordQueue {
  readonly #lanes: Readonly<Record<Lane, LaneQueue>>

  constructor({ maxPerSource = 4, maxWaiting = 60 }: QueueOptions = {}) {
    const limits = { maxPerSource, maxWaiting }
    this.#lanes = { known: new LaneQueue(limits), stranger: new LaneQueue(limits) }
  }

  /** Rejects with RetryLater TOO_MANY_ATTEMPTS when it has no place, or lost it to a source with fewer. */
  run<T>({ lane, source }: Turn, work: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#lanes[lane].add(source, {
      start: () => work().then(resolve, reject),
      refuse: () => reject(new RetryLater('TOO_MANY_ATTEMPTS', RETRY_SECONDS)),
    })
    return promise
  }
}

class LaneQueue {
  readonly #limits: Required<QueueOptions>
  /** In the order of their turns: who has had one goes to the end. */
  readonly #waiting = new Map<string, Job[]>()
  #count = 0
  #isBusy = false

  constructor(limits: Required<QueueOptions>) {
    this.#limits = limits
  }

  add(source: string, job: Job): void {
    const jobs = this.#waiting.get(source) ?? []
    if (jobs.length >= this.#limits.maxPerSource) return job.refuse()
    if (this.#count >= this.#limits.maxWaiting && !this.#makeRoom(jobs.length)) return job.refuse()
    this.#waiting.set(source, [...jobs, job])
    this.#count += 1
    void this.#work()
  }

  /** The last of the source that has the most gives its place to one that has fewer. */
  #makeRoom(own: number): boolean {
    const [source, jobs] = [...this.#waiting].reduce((most, each) =>
      each[1].length > most[1].length ? each : most,
    )
    if (jobs.length <= own + 1) return false
    this.#waiting.set(source, jobs.slice(0, -1))
    this.#count -= 1
    jobs.at(-1)?.refuse()
    return true
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return
    this.#isBusy = true
    for (let job = this.#next(); job !== undefined; job = this.#next()) await job.start()
    this.#isBusy = false
  }

  #next(): Job | undefined {
    for (const [source, [job, ...rest]] of this.#waiting) {
      this.#waiting.delete(source)
      if (rest.length > 0) this.#waiting.set(source, rest)
      this.#count -= 1
      return job
    }
    return undefined
  }
}
