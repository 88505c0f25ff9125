// Streams that the guest is being sent, of which it may pass the rest on to another host call: that goes from one process to the next, and
// never to the guest.
// Invariant: each byte goes one way: what was sent before arrives at the guest, and the rest at the call that took it. The guest's stream ends
// as the source does, or fails with it.

import { PlugbayError } from '../../errors.ts'

/** What is left of a stream, for its new reader. */
export interface PassedStream {
  /** Bytes that the guest was sent. */
  readonly sent: number
  /** To be iterated once. Throws as the source does, and when the guest cancels the stream. */
  readonly rest: AsyncIterable<Uint8Array>
  /** All of the rest is where it belongs, or the source has failed with that: the guest's stream ends, too. */
  end(failure?: Failure): void
}

export interface Failure {
  readonly error: unknown
}

/** The streams of one instance, by the id of the call that they answer. */
export class PassedStreams {
  readonly #open = new Map<number, PassableSource>()

  /** What is to be sent instead of the source. @param ends abort the stream */
  open(id: number, source: AsyncIterable<Uint8Array>, ends: readonly AbortSignal[]): PassableSource {
    const passable = new PassableSource(source, { ends, closed: () => void this.#open.delete(id) })
    this.#open.set(id, passable)
    return passable
  }

  /** Undefined when everything was sent, or another call has taken it. */
  take(id: unknown): PassedStream | undefined {
    return typeof id === 'number' ? this.#open.get(id)?.take() : undefined
  }
}

type Next = IteratorResult<Uint8Array, unknown>

interface Reader {
  readonly isGuest: boolean
  resolve(next: Next): void
  reject(error: unknown): void
}

interface PassableParts {
  readonly ends: readonly AbortSignal[]
  /** Called when nothing can be passed on any more. */
  readonly closed: () => void
}

export class PassableSource implements AsyncIterable<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array, unknown>
  readonly #parts: PassableParts
  #sent = 0
  #isTaken = false
  /** Of the read that is under way. */
  #reader: Reader | undefined
  #isReading = false
  /** What a read has brought whose reader has lost its turn. */
  #early: (() => Promise<Next>) | undefined
  /** Of the rest, for the guest's stream. */
  readonly #ended = Promise.withResolvers<Next>()

  constructor(source: AsyncIterable<Uint8Array>, parts: PassableParts) {
    this.#source = source[Symbol.asyncIterator]()
    this.#parts = parts
    // It is awaited only when the rest was taken.
    this.#ended.promise.catch(() => undefined)
  }

  take(): PassedStream | undefined {
    if (this.#isTaken) return undefined
    this.#isTaken = true
    this.#parts.closed()
    const guest = this.#reader
    this.#reader = undefined
    if (guest !== undefined) this.#ended.promise.then(guest.resolve, guest.reject)
    for (const end of this.#parts.ends)
      if (end.aborted) this.#ended.reject(reasonOf(end))
      else end.addEventListener('abort', () => this.#ended.reject(reasonOf(end)), { once: true })
    return {
      sent: this.#sent,
      rest: this.#rest(),
      end: (failure) => {
        if (failure === undefined) this.#ended.resolve({ done: true, value: undefined })
        else this.#ended.reject(failure.error)
      },
    }
  }

  /** For the guest. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, unknown> {
    return {
      next: async () => {
        if (this.#isTaken) return await this.#ended.promise
        let isOpen = false
        try {
          const next = await this.#read(true)
          isOpen = next.done !== true
          return next
        } finally {
          if (!isOpen) this.#parts.closed()
        }
      },
      return: async () => {
        this.#parts.closed()
        if (!this.#isTaken) await this.#source.return?.()
        return { done: true, value: undefined }
      },
    }
  }

  async *#rest(): AsyncGenerator<Uint8Array> {
    let isDone = false
    try {
      for (;;) {
        this.#requireWanted()
        const next = await this.#read(false)
        this.#requireWanted()
        if (next.done === true) {
          isDone = true
          return
        }
        yield next.value
      }
    } finally {
      if (!isDone) await this.#source.return?.()
    }
  }

  /** A source that was aborted may also end as if it were complete. */
  #requireWanted(): void {
    const end = this.#parts.ends.find(({ aborted }) => aborted)
    if (end !== undefined) throw reasonOf(end)
  }

  /** The next chunk: that of the read that is under way, if there is one. */
  #read(isGuest: boolean): Promise<Next> {
    const early = this.#early
    this.#early = undefined
    if (early !== undefined) return early()
    const { promise, resolve, reject } = Promise.withResolvers<Next>()
    this.#reader = { isGuest, resolve, reject }
    if (!this.#isReading) this.#start()
    return promise
  }

  #start(): void {
    this.#isReading = true
    const arrived = (tell: (reader: Reader) => void, keep: () => Promise<Next>) => {
      this.#isReading = false
      const reader = this.#reader
      this.#reader = undefined
      if (reader === undefined) this.#early = keep
      else tell(reader)
    }
    this.#source.next().then(
      (next) => {
        const tell = ({ isGuest, resolve }: Reader) => {
          // At once: a call may take the rest before the guest's stream goes on.
          if (isGuest && next.done !== true) this.#sent += next.value.byteLength
          resolve(next)
        }
        arrived(tell, async () => next)
      },
      (error: unknown) =>
        arrived(
          ({ reject }) => reject(error),
          () => Promise.reject(error),
        ),
    )
  }
}

function reasonOf({ reason }: AbortSignal): unknown {
  return reason ?? new PlugbayError('CANCELLED')
}
