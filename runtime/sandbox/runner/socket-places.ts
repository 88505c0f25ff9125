// WebSockets of visitors to one release, from their handshakes on: they have places of their own, and are no requests in flight.

import type { GuestCall } from './guest-call.ts'

export class SocketPlaces {
  readonly #max: number
  readonly #open = new Set<GuestCall>()

  constructor(max: number) {
    this.#max = max
  }

  get count(): number {
    return this.#open.size
  }

  /** False: there are as many as there may be. */
  take(call: GuestCall): boolean {
    if (this.#open.size >= this.#max) return false
    this.#open.add(call)
    return true
  }

  leave(call: GuestCall): void {
    this.#open.delete(call)
  }

  /** The release serves no more. */
  retire(): void {
    for (const call of this.#open) call.retire()
  }
}
