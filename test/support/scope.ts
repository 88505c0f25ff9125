// Closes what tests have opened, the last first.

import { after } from 'node:test'

/** A test, a suite or a file: what ends, and with it what was opened for it. */
export interface Scope {
  after(close: () => Promise<void>): void
}

/** A scope that its owner closes. */
export class Closers implements Scope {
  readonly #closers: (() => unknown)[] = []

  after(close: () => unknown): void {
    this.#closers.push(close)
  }

  async close(): Promise<void> {
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) await close()
  }
}

/** The scope of the file or suite that calls this. Node's own `after` closes the first first, so that a client would outlive its server. */
export function sharedScope(): Scope {
  const closers = new Closers()
  after(() => closers.close())
  return closers
}
