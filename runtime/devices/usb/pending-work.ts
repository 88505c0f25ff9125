// Work that can be given up: its promises reject at once, whatever becomes of the work itself.

export class PendingWork {
  readonly #open = new Set<(reason: Error) => void>()

  get count(): number {
    return this.#open.size
  }

  /** @param work asks before each step whether it is still wanted */
  run<T>(work: (isWanted: () => boolean) => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.#open.add(reject)
    const settle = (): void => void this.#open.delete(reject)
    work(() => this.#open.has(reject)).then(
      (value) => {
        settle()
        resolve(value)
      },
      (error: unknown) => {
        settle()
        reject(error)
      },
    )
    return promise
  }

  /** Gives up all that is under way. */
  reject(reason: Error): void {
    const open = [...this.#open]
    this.#open.clear()
    for (const reject of open) reject(reason)
  }
}
