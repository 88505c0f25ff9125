// How much a plugin may keep in a granted folder, and how much it keeps.
// Invariant: what is written counts before it is written. What others add or remove there is found when the limit seems to be reached.

import { FileError } from '../../sdk/protocol/file-error.ts'

export interface KeptSpaceOptions {
  readonly maxBytes: number
  /** Counts what is there; undefined: only what the plugin adds counts. */
  readonly measure: (() => Promise<number>) | undefined
}

/** An entry takes space beside its content; so the number of entries is limited too. As in worker/space.ts. */
export const ENTRY_BYTES = 4096
const MEASURE_AGAIN_MS = 10_000

export class KeptSpace {
  readonly #options: KeptSpaceOptions
  #used = 0
  #measured: Promise<void> | undefined
  #measuredAt = 0

  constructor(options: KeptSpaceOptions) {
    this.#options = options
  }

  get used(): number {
    return this.#used
  }

  /** Rejects with a FileError QuotaExceededError; then nothing was taken. */
  async take(bytes: number): Promise<void> {
    this.#measured ??= this.#measure()
    await this.#measured
    if (this.#used + bytes > this.#options.maxBytes) {
      if (performance.now() - this.#measuredAt > MEASURE_AGAIN_MS) this.#measured = this.#measure()
      await this.#measured
    }
    if (this.#used + bytes > this.#options.maxBytes)
      throw new FileError(
        'QuotaExceededError',
        `The plugin may keep ${Math.floor(this.#options.maxBytes / 1e6)} MB in this folder`,
      )
    this.#used += bytes
  }

  give(bytes: number): void {
    this.#used = Math.max(0, this.#used - bytes)
  }

  async #measure(): Promise<void> {
    const { measure } = this.#options
    if (measure === undefined) return
    try {
      this.#used = await measure()
      this.#measuredAt = performance.now()
    } catch (error) {
      this.#measured = undefined
      throw error
    }
  }
}
