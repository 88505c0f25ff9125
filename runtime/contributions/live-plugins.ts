// A snapshot of all installed plugins: requests look plugins up in it, and every kind of contribution is derived from it.
// Invariant: a change is one assignment, so readers see either the old or the new snapshot as a whole.

import { inOrder } from './in-order.ts'
import type { LivePlugin, ServingPlugin } from './live-plugin.ts'

export interface LiveChange {
  /** A release that replaces another one is in both lists. */
  readonly added: readonly ServingPlugin[]
  readonly removed: readonly ServingPlugin[]
  /** All serving plugins, in order. */
  readonly all: readonly ServingPlugin[]
}

interface Snapshot {
  readonly byId: ReadonlyMap<string, LivePlugin>
  readonly serving: readonly ServingPlugin[]
}

export class LivePlugins {
  readonly #subscribers = new Set<(change: LiveChange) => void>()
  #snapshot: Snapshot = { byId: new Map(), serving: [] }

  /** Undefined for a plugin that is not installed, or has not been started yet. */
  get(id: string): LivePlugin | undefined {
    return this.#snapshot.byId.get(id)
  }

  /** All serving plugins, in order. The list is immutable: a later call may return another one. */
  current(): readonly ServingPlugin[] {
    return this.#snapshot.serving
  }

  swap(next: LivePlugin): void {
    this.#change(next.id, next)
  }

  remove(id: string): void {
    this.#change(id, undefined)
  }

  /** Calls `listener`, which must not throw, after every change of what serves. Returns the function that unsubscribes. */
  subscribe(listener: (change: LiveChange) => void): () => void {
    this.#subscribers.add(listener)
    return () => this.#subscribers.delete(listener)
  }

  #change(id: string, next: LivePlugin | undefined): void {
    const { byId } = this.#snapshot
    const removed = servingOf(byId.get(id))
    const added = servingOf(next)
    const all = new Map(byId)
    if (next === undefined) all.delete(id)
    else all.set(id, next)
    const isSame = removed.length === 0 && added.length === 0
    const serving = isSame ? this.#snapshot.serving : inOrder([...all.values()].flatMap(servingOf))
    this.#snapshot = { byId: all, serving }
    if (isSame) return
    for (const subscriber of this.#subscribers) subscriber({ added, removed, all: serving })
  }
}

function servingOf(plugin: LivePlugin | undefined): readonly ServingPlugin[] {
  return plugin?.kind === 'serving' ? [plugin] : []
}
