// Frames of zstd on their way into files: each pack is a whole tar, sealed if wanted, hashed as it leaves, and read by one reader.
// Invariant: one frame waits at most, so a snapshot is made at the pace of its reader.

import { createHash } from 'node:crypto'
import { zstdCompressSync } from 'node:zlib'
import { DataError } from '../data-error.ts'
import { AgePayload } from './age-payload.ts'
import { BLOCK } from './tar-header.ts'

/** Two empty blocks end a tar. */
const END = zstdCompressSync(new Uint8Array(2 * BLOCK))

/** The file of a pack, as its reader got it. */
export interface PackFacts {
  readonly bytes: number
  readonly sha256: string
}

export interface PackFile {
  /** What the file begins with. */
  readonly head: Uint8Array
  /** Of the payload of age, which follows; without it, what follows is not sealed. */
  readonly key: Uint8Array | undefined
}

interface Offer {
  /** Undefined: the pack ends. */
  readonly frame: Uint8Array | undefined
  readonly taken: () => void
  readonly failed: (error: unknown) => void
}

export class Packs {
  readonly #maxBytes: number
  /** Of the frames in the pack that is being filled. */
  #bytes = 0
  #offer: Offer | undefined
  #wake: () => void = () => undefined
  #isRead = false
  #facts = Promise.withResolvers<PackFacts>()
  #failure: DataError | undefined

  /** @param maxBytes of the frames of a pack that has several */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Whether the pack must end before a frame of that length. */
  isFullFor(bytes: number): boolean {
    return this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes
  }

  /** Resolves when the reader of the pack has taken it. Rejects when that has gone. */
  async put(frame: Uint8Array): Promise<void> {
    this.#bytes += frame.byteLength
    await this.#give(frame)
  }

  /** Resolves when the pack was read to its end; with undefined when nothing was put into it. */
  async end(): Promise<PackFacts | undefined> {
    if (this.#bytes === 0) return undefined
    await this.#give(END)
    await this.#give(undefined)
    const facts = await this.#facts.promise
    this.#bytes = 0
    this.#facts = Promise.withResolvers()
    return facts
  }

  /** The file of the pack that is being filled, or will be next. */
  async *read({ head, key }: PackFile): AsyncGenerator<Uint8Array, void, void> {
    if (this.#isRead) throw new DataError('STATE_CONFLICT', 'Another pack of the snapshot is being read')
    this.#isRead = true
    const hash = createHash('sha256')
    const payload = key === undefined ? undefined : new AgePayload(key)
    let bytes = 0
    const counted = (piece: Uint8Array) => {
      hash.update(piece)
      bytes += piece.byteLength
      return piece
    }
    let isWhole = false
    try {
      yield counted(head)
      for (let frame = await this.#take(); frame !== undefined; frame = await this.#take())
        yield counted(payload === undefined ? frame : payload.add(frame))
      if (payload !== undefined) yield counted(payload.end())
      isWhole = true
    } finally {
      this.#isRead = false
      if (isWhole) this.#facts.resolve({ bytes, sha256: hash.digest('hex') })
      else this.#fail()
    }
  }

  #fail(): void {
    this.#failure = new DataError('HOST_CALL_FAILED', 'A pack of the snapshot was not read to its end')
    this.#offer?.failed(this.#failure)
    this.#offer = undefined
    this.#facts.promise.catch(() => undefined)
    this.#facts.reject(this.#failure)
  }

  async #give(frame: Uint8Array | undefined): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#offer = { frame, taken: resolve, failed: reject }
    this.#wake()
    await promise
  }

  async #take(): Promise<Uint8Array | undefined> {
    while (this.#offer === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
    const { frame, taken } = this.#offer
    this.#offer = undefined
    taken()
    return frame
  }
}
