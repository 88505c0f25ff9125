// The authority of an installed plugin: what is granted to it now. Each of its releases that runs holds a mandate.
// Invariant: a mandate never allows more than the release was started with, nor more than what is granted now, and a narrowed
// grant is in force when change() returns.

import { isDeepStrictEqual } from 'node:util'
import type { Permissions } from '../../sdk/permissions/permissions.ts'
import { authorizeGuest, type GuestNeed } from './authorize.ts'

/** What one release may do. */
export interface Mandate {
  /** Each bounds it: what the release was started with, and what is granted now. */
  readonly bounds: readonly Permissions[]
  /** @throws PlugbayError PERMISSION_DENIED */
  authorize(need: GuestNeed): void
  /** Calls `listener` after each change of what is granted. Returns the function that stops that. */
  onChange(listener: () => void): () => void
  /** The release has stopped. */
  end(): void
}

export class Authority {
  readonly #mandates = new Set<HeldMandate>()

  /** @param grants of a release that is about to start; they count as granted until the next change */
  mandate(grants: Permissions): Mandate {
    const mandate = new HeldMandate(grants, () => this.#mandates.delete(mandate))
    this.#mandates.add(mandate)
    return mandate
  }

  /** The grants of the installation as they were recorded; none for a plugin that was removed. */
  change(grants: Permissions): void {
    for (const mandate of [...this.#mandates]) mandate.bound(grants)
  }
}

class HeldMandate implements Mandate {
  readonly #own: Permissions
  readonly #onEnd: () => void
  readonly #listeners = new Set<() => void>()
  #bounds: readonly Permissions[]

  constructor(own: Permissions, onEnd: () => void) {
    this.#own = own
    this.#onEnd = onEnd
    this.#bounds = [own]
  }

  get bounds(): readonly Permissions[] {
    return this.#bounds
  }

  authorize(need: GuestNeed): void {
    for (const grants of this.#bounds) authorizeGuest(grants, need)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  end(): void {
    this.#onEnd()
  }

  bound(grants: Permissions): void {
    this.#bounds = isDeepStrictEqual(grants, this.#own) ? [this.#own] : [this.#own, grants]
    for (const listener of [...this.#listeners]) listener()
  }
}
