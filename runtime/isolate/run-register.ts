// Reports which guests of a shared process have a run in progress, or an operation on a thread, so that the runtime knows the
// suspects when the process dies.
// Invariant: the begin of a run is reported before it begins. Its end is reported a little later, so that an immediate next run
// costs no frame.

/** Longer than most pauses between two runs of one request. */
const END_AFTER_MS = 1

export class RunRegister {
  readonly #report: (slots: readonly number[]) => void
  readonly #reported = new Set<number>()
  readonly #ended = new Set<number>()
  #timer: NodeJS.Timeout | undefined

  /** @param report must have passed its frame to the system when it returns */
  constructor(report: (slots: readonly number[]) => void) {
    this.#report = report
  }

  begin(slot: number): void {
    this.#ended.delete(slot)
    if (this.#reported.has(slot)) return
    this.#reported.add(slot)
    this.#report([...this.#reported])
  }

  end(slot: number): void {
    this.#ended.add(slot)
    this.#timer ??= setTimeout(() => this.#sweep(), END_AFTER_MS)
  }

  #sweep(): void {
    this.#timer = undefined
    if (this.#ended.size === 0) return
    for (const slot of this.#ended) this.#reported.delete(slot)
    this.#ended.clear()
    this.#report([...this.#reported])
  }
}
