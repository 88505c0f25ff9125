// Closes what a runtime has opened, the last first; so does a start that fails half-way.

interface Closable {
  close(): Promise<void> | void
}

export class Closers {
  readonly #closers: (() => Promise<void> | void)[] = []

  /** Returns the part. */
  add<Part extends Closable>(part: Part): Part {
    this.run(() => part.close())
    return part
  }

  run(close: () => Promise<void> | void): void {
    this.#closers.push(close)
  }

  /** Idempotent. */
  async closeAll(): Promise<void> {
    for (const close of this.#closers.splice(0).reverse()) await close()
  }
}
