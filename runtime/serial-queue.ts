// Runs jobs one at a time, in the order of their submission.
// Invariant: a job starts when the previous one has settled; a failure goes to its own caller only.

export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()
  #jobs = 0

  /** Whether a job is running or waiting. */
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
