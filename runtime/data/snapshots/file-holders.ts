// Who has the files of a plugin open beside its home process: copies that are being made, processes that everybody has left.
// Invariant: files are replaced or deleted only when nobody has. Whoever closes a file of SQLite last removes what lies beside
// it by name, and that may belong to a new file by then: https://sqlite.org/howtocorrupt.html#unlink

export class FileHolders {
  readonly #open = new Map<string, Set<Promise<unknown>>>()

  /** @param closed settles when the files are closed */
  note(pluginId: string, closed: Promise<unknown>): void {
    const known = this.#open.get(pluginId) ?? new Set()
    this.#open.set(pluginId, known)
    known.add(closed)
    const forget = () => {
      known.delete(closed)
      if (known.size === 0 && this.#open.get(pluginId) === known) this.#open.delete(pluginId)
    }
    closed.then(forget, forget)
  }

  /** Resolves when those that are known now have closed them. Never rejects. */
  async closed(pluginId: string): Promise<void> {
    await Promise.allSettled([...(this.#open.get(pluginId) ?? [])])
  }
}
