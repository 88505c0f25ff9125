// The operator's order of plugins at each extension point, as stored.
// Invariant: a change is stored before it counts, and counts for everyone at once; readers keep a list as long as `current` is the same.

import type { OrderRecord } from '../../plugin-store/records.ts'
import type { Actor, Store } from '../../plugin-store/store.ts'
import type { OrderedKind } from '../../sdk/host/point-kinds.ts'

export interface OrderedPoint {
  readonly kind: OrderedKind
  readonly name: string
}

export class Orders {
  readonly #store: Pick<Store, 'orders'>
  readonly #listeners = new Set<(points: readonly OrderedPoint[]) => void>()
  #current: ReadonlyMap<string, OrderRecord> = new Map()

  constructor(store: Pick<Store, 'orders'>) {
    this.#store = store
  }

  /** Another object after each change. */
  get current(): object {
    return this.#current
  }

  /** Ids of plugins; they come before all others. */
  of(kind: OrderedKind, name: string): readonly string[] {
    return this.#current.get(keyOf({ kind, name }))?.plugins ?? []
  }

  /** Names of the points of a kind that have an order. */
  names(kind: OrderedKind): readonly string[] {
    return [...this.#current.values()].filter((record) => record.kind === kind).map(({ name }) => name)
  }

  async set(point: OrderedPoint, plugins: readonly string[], actor: Actor): Promise<void> {
    const audit = { actor, action: 'order.set', detail: { plugins } }
    await this.#store.orders.set({ ...point, plugins }, audit)
    await this.read()
  }

  /** Takes over what the store has: at the start, and when plugins were forgotten or replaced. */
  async read(): Promise<void> {
    const records = await this.#store.orders.list()
    const before = this.#current
    const next = new Map(records.map((record) => [keyOf(record), record]))
    const keys = new Set([...before.keys(), ...next.keys()])
    const changed = [...keys].filter((key) => !isSame(before.get(key), next.get(key)))
    if (changed.length === 0) return
    this.#current = next
    // The store has what was set here: kinds of points.
    const points = changed.flatMap((key) => (next.get(key) ?? before.get(key) ?? []) as OrderedPoint)
    for (const listener of this.#listeners) listener(points)
  }

  /** Calls `listener`, which must not throw, after every change. Returns the function that unsubscribes. */
  subscribe(listener: (points: readonly OrderedPoint[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

function keyOf({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind} ${name}`
}

function isSame(one: OrderRecord | undefined, other: OrderRecord | undefined): boolean {
  return one?.plugins.join() === other?.plugins.join()
}
