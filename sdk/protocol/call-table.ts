// Open calls, and handles, by id. Not a Map: V8 links each hash table that a Map has outgrown to its successor, and the churn of calls makes
// a new table every few dozen calls. Once one of them is in the old generation, it keeps all its successors alive, and with
// them every call that was open then, until the next full collection.
// Invariant: a removed call references nothing that is still in the table, and is not reachable from it.

interface Entry<T> {
  readonly id: number
  readonly value: T
  next: Entry<T> | undefined
}

const FEWEST = 64

export class CallTable<T extends object> {
  readonly #rows: (Entry<T> | undefined)[] = new Array(FEWEST).fill(undefined)
  #mask = FEWEST - 1
  #size = 0

  get size(): number {
    return this.#size
  }

  has(id: number): boolean {
    return this.get(id) !== undefined
  }

  get(id: number): T | undefined {
    let entry = this.#rows[id & this.#mask]
    while (entry !== undefined && entry.id !== id) entry = entry.next
    return entry?.value
  }

  /** The id must not be in the table. */
  set(id: number, value: T): void {
    if (this.#size > 2 * this.#mask) this.#grow()
    const row = id & this.#mask
    this.#rows[row] = { id, value, next: this.#rows[row] }
    this.#size++
  }

  delete(id: number): boolean {
    const row = id & this.#mask
    let before: Entry<T> | undefined
    let entry = this.#rows[row]
    while (entry !== undefined && entry.id !== id) {
      before = entry
      entry = entry.next
    }
    if (entry === undefined) return false
    if (before === undefined) this.#rows[row] = entry.next
    else before.next = entry.next
    entry.next = undefined
    this.#size--
    return true
  }

  clear(): void {
    this.#rows.fill(undefined)
    this.#size = 0
  }

  /** In the order of their ids. */
  entries(): [number, T][] {
    const all: [number, T][] = []
    for (const row of this.#rows) {
      for (let entry = row; entry !== undefined; entry = entry.next) all.push([entry.id, entry.value])
    }
    return all.sort(([a], [b]) => a - b)
  }

  values(): T[] {
    return this.entries().map(([, value]) => value)
  }

  #grow(): void {
    const all = this.entries()
    this.#rows.length = 2 * (this.#mask + 1)
    this.#mask = this.#rows.length - 1
    this.clear()
    for (const [id, value] of all) this.set(id, value)
  }
}
