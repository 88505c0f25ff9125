// WebSockets of visitors to one release, counted from their handshakes: they have places of their own, apart from requests in
// flight.

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

  /** False: the limit is reached. */
  take(call: GuestCall): boolean {
    if (this.#open.size >= this.#max) return false
    this.#open.add(call)
    return true
  }

  leave(call: GuestCall): void {
    this.#open.delete(call)
  }

  /** The release is retired. */
  retire(): void {
    for (const call of this.#open) call.retire()
  }
}
