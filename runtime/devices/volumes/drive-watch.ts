// The drives as they are now, and what changed since the last look.
// Invariant: each look gives what is mounted at that moment, and listeners were notified of every difference before: the drive
// that was at a place is gone before another one is found there.

import type { Drive } from './drives.ts'

export interface DriveChange {
  readonly kind: 'mounted' | 'unmounted'
  readonly drive: Drive
}

export type DriveListener = (change: DriveChange) => void

export class DriveWatch {
  readonly #read: () => readonly Drive[]
  readonly #listeners = new Set<DriveListener>()
  #known: readonly Drive[]

  constructor(read: () => readonly Drive[]) {
    this.#read = read
    this.#known = read()
  }

  current(): readonly Drive[] {
    const before = this.#known
    const now = this.#read()
    this.#known = now
    for (const drive of before) if (!now.some((each) => isSame(each, drive))) this.#tell('unmounted', drive)
    for (const drive of now) if (!before.some((each) => isSame(each, drive))) this.#tell('mounted', drive)
    return now
  }

  /** Returns the function that ends it. A listener must not throw. */
  subscribe(listener: DriveListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #tell(kind: DriveChange['kind'], drive: Drive): void {
    for (const listener of [...this.#listeners]) listener({ kind, drive })
  }
}

function isSame(one: Drive, other: Drive): boolean {
  return one.id === other.id && one.path === other.path && one.mount === other.mount
}
