// Files and folders as entries of a tar.
// Invariant: what an entry holds is as long as its header says, whatever happens to the file.

import type { BigIntStats } from 'node:fs'
import { padding, tarHeader } from './tar-header.ts'
import { type Found, readFully } from './walk-folder.ts'

/** Given out at once: many small files fill one piece. */
const PIECE = 256 * 1024

export function* packTar(entries: Iterable<Found>): Generator<Uint8Array, void, void> {
  const pieces = new Pieces()
  for (const entry of entries) {
    const { type, path, stats } = entry
    const size = type === 'file' ? entry.size : 0
    pieces.add(tarHeader({ ...factsOf(stats), type, path, size }))
    if (type === 'file') {
      for (let done = 0; done < size; ) {
        if (pieces.isFull) yield pieces.take()
        const space = pieces.space(size - done)
        readFully(entry.fd, space, done)
        done += space.length
      }
      pieces.add(padding(size))
    }
    if (pieces.isFull) yield pieces.take()
  }
  yield pieces.take()
}

function factsOf({ mode, uid, gid, mtimeNs }: BigIntStats) {
  return { mode: Number(mode & 0o777n), uid: Number(uid), gid: Number(gid), mtimeNs }
}

/** Collects bytes into pieces of one size. */
class Pieces {
  #piece = Buffer.allocUnsafeSlow(PIECE)
  #length = 0
  readonly #over: Buffer[] = []

  get isFull(): boolean {
    return this.#length === PIECE || this.#over.length > 0
  }

  /** Adds bytes that are few. */
  add(bytes: Buffer): void {
    const fit = Math.min(bytes.length, PIECE - this.#length)
    bytes.copy(this.#piece, this.#length, 0, fit)
    this.#length += fit
    if (fit < bytes.length) this.#over.push(bytes.subarray(fit))
  }

  /** Where the next bytes are read to; not empty while it is not full. */
  space(wanted: number): Buffer {
    const start = this.#length
    this.#length = Math.min(PIECE, start + wanted)
    return this.#piece.subarray(start, this.#length)
  }

  /** What is collected; the next begins with what did not fit. */
  take(): Uint8Array {
    const taken = this.#piece.subarray(0, this.#length)
    this.#piece = Buffer.allocUnsafeSlow(PIECE)
    this.#length = 0
    for (const bytes of this.#over.splice(0)) this.add(bytes)
    return taken
  }
}
