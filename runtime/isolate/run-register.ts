// Reports which guests of a shared process have a run in progress, so that the runtime knows the suspects when the process
// dies.
// Invariant: the begin of a run is reported before it begins. Its end is reported a little later, so that an immediate next run
// costs no frame.

/** Longer than most pauses between two runs of one request. */
const END_AFTER_MS = 1

export class RunRegister {
  readonly #tell: (slots: readonly number[]) => void
  readonly #told = new Set<number>()
  readonly #ended = new Set<number>()
  #timer: NodeJS.Timeout | undefined

  /** @param tell must have passed its frame to the system when it returns */
  constructor(tell: (slots: readonly number[]) => void) {
    this.#tell = tell
  }

  begin(slot: number): void {
    this.#ended.delete(slot)
    if (this.#told.has(slot)) return
    this.#told.add(slot)
    this.#tell([...this.#told])
  }

  end(slot: number): void {
    this.#ended.add(slot)
    this.#timer ??= setTimeout(() => this.#sweep(), END_AFTER_MS)
  }

  #sweep(): void {
    this.#timer = undefined
    if (this.#ended.size === 0) return
    for (const slot of this.#ended) this.#told.delete(slot)
    this.#ended.clear()
    this.#tell([...this.#told])
  }
}
