// Runs jobs one after the other, in the order in which they were handed in.
// Invariant: a job begins when the one before has ended, well or not; a failure is its own caller's to hear.

export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()
  #jobs = 0

  /** Whether a job runs or waits. */
  get isBusy(): boolean {
    return this.#jobs > 0
  }

  run<T>(job: () => Promise<T>): Promise<T> {
    this.#jobs++
    const run = this.#last.then(job).finally(() => {
      this.#jobs--
    })
    this.#last = run.catch(() => undefined)
    return run
  }
}
