// WebSockets of visitors to one release, counted from their handshakes: they have places of their own, apart from requests in
// flight.

export class SocketPlaces {
  readonly #max: number
  #count = 0

  constructor(max: number) {
    this.#max = max
  }

  get count(): number {
    return this.#count
  }

  /** False: the limit is reached. */
  take(): boolean {
    if (this.#count >= this.#max) return false
    this.#count++
    return true
  }

  leave(): void {
    this.#count--
  }
}
