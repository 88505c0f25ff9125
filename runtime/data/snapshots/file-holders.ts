// Tracks other processes that still hold a plugin's files open: snapshots being copied, retired data processes.
// Invariant: files are replaced or deleted only when no process holds them. The last process to close a SQLite file deletes its
// companion files by name, and by then they may belong to a new file: https://sqlite.org/howtocorrupt.html#unlink

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

  /** Resolves when the current holders have closed the files. Never rejects. */
  async closed(pluginId: string): Promise<void> {
    await Promise.allSettled([...(this.#open.get(pluginId) ?? [])])
  }
}
