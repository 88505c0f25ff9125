// The file of a pack on its way to the drive: sealed if wanted, in large pieces, counted and hashed.
// Invariant: what is counted and hashed is what the drive gets.

import { type Bytes, type Hash, toHex } from './parts.ts'

/** What the drive takes at once. */
const PIECE = 256 * 1024

export interface Written {
  readonly bytes: number
  /** As it is on the drive. */
  readonly sha256: Hash
}

export class PackFile {
  readonly #target: PieceTarget
  /** Of the seal, before the target. */
  readonly #seal: WritableStreamDefaultWriter<Uint8Array> | undefined
  /** When what was sealed has arrived at the target. */
  readonly #sealed: Promise<void>

  constructor(stream: WritableStream, seal: TransformStream<Uint8Array, Bytes> | undefined) {
    const target = new PieceTarget(stream)
    this.#target = target
    this.#seal = seal?.writable.getWriter()
    this.#sealed =
      seal === undefined
        ? Promise.resolve()
        : seal.readable.pipeTo(new WritableStream({ write: (bytes) => target.write(bytes) }))
    // It is reported by the next write, or by close().
    this.#sealed.catch(() => undefined)
  }

  async write(bytes: Bytes): Promise<void> {
    if (this.#seal === undefined) await this.#target.write(bytes)
    else await this.#throughSeal(this.#seal.write(bytes))
  }

  /** Resolves when all of it is on the drive, under its name. */
  async close(): Promise<Written> {
    if (this.#seal !== undefined) await this.#throughSeal(this.#seal.close())
    await this.#sealed
    return await this.#target.close()
  }

  /** Never rejects. */
  async discard(reason: unknown): Promise<void> {
    await this.#seal?.abort(reason).catch(() => undefined)
    await this.#sealed.catch(() => undefined)
    await this.#target.discard(reason)
  }

  /** When the drive fails, its error counts, and not what becomes of the seal. */
  async #throughSeal(done: Promise<void>): Promise<void> {
    try {
      await done
    } catch (error) {
      await this.#sealed
      throw error
    }
  }
}

class PieceTarget {
  readonly #writer: WritableStreamDefaultWriter<Bytes>
  readonly #digest = new crypto.DigestStream('SHA-256')
  readonly #hashing = this.#digest.getWriter()
  #piece = new Uint8Array(PIECE)
  #filled = 0
  #bytes = 0

  constructor(stream: WritableStream<Bytes>) {
    this.#writer = stream.getWriter()
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let start = 0; start < bytes.byteLength; ) {
      const part = bytes.subarray(start, start + PIECE - this.#filled)
      this.#piece.set(part, this.#filled)
      this.#filled += part.byteLength
      start += part.byteLength
      if (this.#filled === PIECE) await this.#pass()
    }
  }

  async close(): Promise<Written> {
    if (this.#filled > 0) await this.#pass()
    await this.#hashing.close()
    await this.#writer.close()
    return { bytes: this.#bytes, sha256: toHex(await this.#digest.digest) }
  }

  async discard(reason: unknown): Promise<void> {
    await this.#hashing.abort(reason).catch(() => undefined)
    await this.#writer.abort(reason).catch(() => undefined)
  }

  async #pass(): Promise<void> {
    const piece = this.#piece.subarray(0, this.#filled)
    this.#bytes += this.#filled
    this.#piece = new Uint8Array(PIECE)
    this.#filled = 0
    await this.#hashing.write(piece)
    await this.#writer.write(piece)
  }
}
