// Shares the threads of Node's pool, which do crypto and compression, among the guests of this process.
// Invariant: a guest occupies no more threads than its seat has, so that with as many threads as all seats have together no
// operation waits for one of another guest, however long that is; where there are fewer, guests take turns.

export interface SeatOptions {
  /** Threads that the guest may occupy. */
  readonly threads: number
  /** Called when the first of several operations begins, and when the last has ended. */
  readonly onWork?: ((isUnderWay: boolean) => void) | undefined
}

/** An operation; it calls `done` once, when it has left its thread. */
type Operation = (done: () => void) => void

export class PoolTurns {
  readonly #threads: number
  /** Those with operations that wait; the next in turn first. */
  readonly #waiting: PoolSeat[] = []
  #busy = 0

  /** @param threads of the pool */
  constructor(threads: number) {
    this.#threads = threads
  }

  /** For one guest. */
  seat(options: SeatOptions): PoolSeat {
    return new PoolSeat(this, options)
  }

  /** Begins what may begin now. */
  serve(seat: PoolSeat): void {
    this.#wait(seat)
    while (this.#busy < this.#threads) {
      const place = this.#waiting.findIndex(({ hasThread }) => hasThread)
      const [next] = place === -1 ? [] : this.#waiting.splice(place, 1)
      if (next === undefined) break
      this.#busy++
      next.begin(() => {
        this.#busy--
        this.serve(next)
      })
      // Behind the others, whose turn it is now.
      this.#wait(next)
    }
  }

  #wait(seat: PoolSeat): void {
    if (seat.queued > 0 && !this.#waiting.includes(seat)) this.#waiting.push(seat)
  }

  /** A seat without operations that wait. */
  leave(seat: PoolSeat): void {
    const place = this.#waiting.indexOf(seat)
    if (place !== -1) this.#waiting.splice(place, 1)
  }
}

export class PoolSeat {
  readonly #turns: PoolTurns
  readonly #options: SeatOptions
  readonly #queue: Operation[] = []
  #busy = 0
  /** Time on threads until `#since`. */
  #ms = 0
  #since = 0
  #isClosed = false

  constructor(turns: PoolTurns, options: SeatOptions) {
    this.#turns = turns
    this.#options = options
  }

  /** Whether it may begin another operation. */
  get hasThread(): boolean {
    return this.#busy < this.#options.threads
  }

  /** Operations on threads. */
  get busy(): number {
    return this.#busy
  }

  get queued(): number {
    return this.#queue.length
  }

  /** Milliseconds that operations have spent on threads, two at once counting twice. */
  get ms(): number {
    this.#count()
    return this.#ms
  }

  /** Begins the operation now or in its turn; never, when the seat is closed before. */
  take(operation: Operation): void {
    if (this.#isClosed) return
    this.#queue.push(operation)
    this.#turns.serve(this)
  }

  /** Drops what has not begun. A thread cannot be interrupted: the rest counts until it ends. */
  close(): void {
    this.#isClosed = true
    this.#queue.length = 0
    this.#turns.leave(this)
  }

  /** Called by PoolTurns. @param freed called when the operation has left its thread */
  begin(freed: () => void): void {
    const operation = this.#queue.shift()
    if (operation === undefined) return freed()
    this.#count()
    if (this.#busy++ === 0) this.#options.onWork?.(true)
    let isOpen = true
    operation(() => {
      if (!isOpen) return
      isOpen = false
      this.#count()
      if (--this.#busy === 0) this.#options.onWork?.(false)
      freed()
    })
  }

  #count(): void {
    const now = performance.now()
    this.#ms += this.#busy * (now - this.#since)
    this.#since = now
  }
}
