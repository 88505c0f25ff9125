// Collects the writes of one moment into one transaction: a flush to disk costs more than all of them.
// Invariant: a resolved write is stored; one that fails takes no other with it.

import type { Db, Engine } from './database/engine.ts'

type Work<T> = (db: Db) => Promise<T>

interface Waiting {
  readonly work: Work<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Bounds how long others wait for the database. */
const MAX_WRITES = 200

export class WriteBatch {
  readonly #engine: Engine
  readonly #first: Waiting[] = []
  readonly #waiting: Waiting[] = []
  #isScheduled = false

  constructor(engine: Engine) {
    this.#engine = engine
  }

  /**
   * Rejects with a StoreError, as Engine.transaction() does.
   * @param isAwaited a caller waits for it: it overtakes the others
   */
  run<T>(work: Work<T>, isAwaited = false): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const write: Waiting = { work, resolve: resolve as (value: unknown) => void, reject }
    if (isAwaited) this.#first.push(write)
    else this.#waiting.push(write)
    this.#schedule()
    return promise
  }

  #schedule(): void {
    if (this.#isScheduled || this.#first.length + this.#waiting.length === 0) return
    this.#isScheduled = true
    setImmediate(() => {
      const first = this.#first.splice(0, MAX_WRITES)
      const batch = [...first, ...this.#waiting.splice(0, MAX_WRITES - first.length)]
      void this.#write(batch).finally(() => {
        this.#isScheduled = false
        this.#schedule()
      })
    })
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      const results = await this.#engine.transaction(async (db) => {
        const values: unknown[] = []
        for (const { work } of batch) values.push(await work(db))
        return values
      })
      for (const [index, { resolve }] of batch.entries()) resolve(results[index])
    } catch (error) {
      // Nothing was stored. Alone, each shows whether it was the cause.
      if (batch.length === 1) return batch[0]?.reject(error)
      for (const each of batch) await this.#write([each])
    }
  }
}
