// The handles of one instance: resources that the host keeps open for it between calls, by number.
// Invariant: an instance can only use its own; every resource is closed exactly once, at the latest with the instance.

import { CallTable } from '../../../sdk/protocol/call-table.ts'
import { HANDLES, type HandleCounts, type HandleKind, parseHandle } from '../../../sdk/protocol/handles.ts'
import { PlugbayError } from '../../errors.ts'

/** The resource behind a handle. */
export interface Resource {
  /** Idempotent. Never rejects. */
  close(): Promise<void>
}

interface Entry {
  readonly kind: HandleKind
  readonly resource: Resource
}

export class HandleTable {
  /** Counted per plugin, because another instance of it may be draining. */
  readonly #counts: HandleCounts
  readonly #open = new CallTable<Entry>()
  #last = 0
  #hasEnded = false

  constructor(counts: HandleCounts) {
    this.#counts = counts
  }

  /**
   * Opens a resource under a new number. If `make` returns undefined, no handle is needed, and it counts only until then.
   * Rejects with QUOTA_EXCEEDED, as `make` does, or with HANDLE_CLOSED when the instance has ended meanwhile.
   */
  async open(kind: HandleKind, make: () => Promise<Resource | undefined>): Promise<number | null> {
    const { max, words } = HANDLES[kind]
    if (this.#counts[kind] >= max)
      throw new PlugbayError('QUOTA_EXCEEDED', `More than ${max} ${words} at once`)
    this.#counts[kind]++
    let resource: Resource | undefined
    try {
      resource = await make()
    } finally {
      if (resource === undefined || this.#hasEnded) this.#counts[kind]--
    }
    if (resource === undefined) return null
    if (this.#hasEnded) {
      await resource.close()
      throw new PlugbayError('HANDLE_CLOSED', 'The plugin has been stopped')
    }
    this.#open.set(++this.#last, { kind, resource })
    return this.#last
  }

  /**
   * Registers a resource that the host gives the guest: it takes a number, but its number is not limited, since the guest cannot ask for
   * it. @throws PlugbayError HANDLE_CLOSED
   */
  give(kind: HandleKind, resource: Resource): number {
    if (this.#hasEnded) throw new PlugbayError('HANDLE_CLOSED', 'The plugin has been stopped')
    this.#counts[kind]++
    this.#open.set(++this.#last, { kind, resource })
    return this.#last
  }

  /** @throws PlugbayError HANDLE_CLOSED for a number that is closed or was never given to this instance */
  get(kind: HandleKind, handle: unknown): Resource {
    const number = parseHandle(handle)
    const entry = number === undefined ? undefined : this.#open.get(number)
    if (entry?.kind !== kind)
      throw new PlugbayError('HANDLE_CLOSED', 'There is no such handle, or it is closed')
    return entry.resource
  }

  /** Resolves when it is closed; at once for an unknown number. */
  async close(kind: HandleKind, handle: unknown): Promise<void> {
    const number = parseHandle(handle)
    const entry = number === undefined ? undefined : this.#open.get(number)
    if (number === undefined || entry?.kind !== kind) return
    this.#open.delete(number)
    this.#counts[kind]--
    await entry.resource.close()
  }

  /** Called when the instance has ended. */
  end(): void {
    this.#hasEnded = true
    for (const { kind, resource } of this.#open.values()) {
      this.#counts[kind]--
      void resource.close()
    }
    this.#open.clear()
  }
}
