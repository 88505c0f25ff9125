// Joins the chunks of a stream to pieces, of which a few are on their way to a file at a time.
// Invariant: the memory of a piece is used again when it has arrived, so that it is constant, whatever passes.

import { FILE_CHUNK } from '../../sdk/protocol/file-wire.ts'

/** The next pieces are joined while these are written. */
const MAX_UNDER_WAY = 3

type Write = (position: number, bytes: Uint8Array) => Promise<void>

export class Pieces {
  readonly #write: Write
  /** Where the piece begins that is being joined. */
  #position: number
  #piece: Buffer = Buffer.allocUnsafeSlow(FILE_CHUNK)
  #filled = 0
  readonly #free: Buffer[] = []
  /** They never reject. */
  readonly #underWay = new Set<Promise<void>>()
  #failure: { readonly error: unknown } | undefined

  constructor(write: Write, position: number) {
    this.#write = write
    this.#position = position
  }

  /** Resolves when there is room for more. Rejects when a piece could not be written. */
  async add(chunk: Uint8Array): Promise<void> {
    for (let start = 0; start < chunk.byteLength; ) {
      const part = chunk.subarray(start, start + FILE_CHUNK - this.#filled)
      this.#piece.set(part, this.#filled)
      this.#filled += part.byteLength
      start += part.byteLength
      if (this.#filled === FILE_CHUNK) await this.#send()
    }
    this.#requireWhole()
  }

  /** Resolves with the position after everything, when all of it was written. */
  async end(): Promise<number> {
    if (this.#filled > 0) await this.#send()
    await this.settled()
    this.#requireWhole()
    return this.#position
  }

  /** Nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay)
  }

  async #send(): Promise<void> {
    while (this.#underWay.size >= MAX_UNDER_WAY) await Promise.race(this.#underWay)
    this.#requireWhole()
    const piece = this.#piece
    const written: Promise<void> = this.#write(this.#position, piece.subarray(0, this.#filled)).then(
      () => this.#settle(written, piece),
      (error: unknown) => {
        this.#failure ??= { error }
        this.#settle(written, piece)
      },
    )
    this.#underWay.add(written)
    this.#position += this.#filled
    this.#filled = 0
    this.#piece = this.#free.pop() ?? Buffer.allocUnsafeSlow(FILE_CHUNK)
  }

  #settle(written: Promise<void>, piece: Buffer): void {
    this.#underWay.delete(written)
    this.#free.push(piece)
  }

  #requireWhole(): void {
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
