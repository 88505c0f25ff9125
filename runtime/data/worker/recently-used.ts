// A bounded cache by name; the least recently used entry goes first.
// Invariant: a use changes no Map. V8 gives an old Map a new table for every few changes, in the old generation, and links the
// tables (docs/performance.md): moving an entry to the end at each use would fill the heap.

interface Entry<Value> {
  readonly value: Value
  usedAt: number
}

export class RecentlyUsed<Value> {
  readonly #max: number
  readonly #drop: (value: Value) => void
  readonly #entries = new Map<string, Entry<Value>>()
  #uses = 0

  /** @param drop called with every value that is removed, for whatever reason */
  constructor(max: number, drop: (value: Value) => void = () => undefined) {
    this.#max = max
    this.#drop = drop
  }

  get(name: string): Value | undefined {
    const entry = this.#entries.get(name)
    if (entry === undefined) return undefined
    entry.usedAt = ++this.#uses
    return entry.value
  }

  /** For an unknown name. */
  add(name: string, value: Value): void {
    if (this.#entries.size >= this.#max) this.#dropOldest()
    this.#entries.set(name, { value, usedAt: ++this.#uses })
  }

  delete(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    this.#entries.delete(name)
    this.#drop(entry.value)
  }

  clear(): void {
    for (const name of [...this.#entries.keys()]) this.delete(name)
  }

  #dropOldest(): void {
    let oldest: string | undefined
    let usedAt = Number.POSITIVE_INFINITY
    for (const [name, entry] of this.#entries) {
      if (entry.usedAt >= usedAt) continue
      oldest = name
      usedAt = entry.usedAt
    }
    if (oldest !== undefined) this.delete(oldest)
  }
}
