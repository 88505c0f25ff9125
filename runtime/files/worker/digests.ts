// Digests of files: read and hashed here, a step at a time, so that the content stays where it is.
// Invariant: a digest is of the content as it was when it began, or there is none.

import { createHash, type Hash } from 'node:crypto'
import { close, read } from 'node:fs'
import { promisify } from 'node:util'
import { FileError } from '../../../sdk/protocol/file-error.ts'
import { openFile, requireVersion, versionIn } from './read.ts'
import { type Place, standAbove } from './stand.ts'
import { fileErrorOf } from './system-errors.ts'

const closeFile = promisify(close)
const readBytes = promisify(read)

/** Of one step: another plugin's call waits no longer than that. */
const STEP_BYTES = 8 * 1024 * 1024
const PIECE = 1024 * 1024

interface Digest {
  readonly fd: number
  readonly version: string
  readonly hash: Hash
  readonly piece: Buffer
  position: number
}

export class Digests {
  readonly #open = new Map<number, Digest>()

  open(number: number, place: Place, algorithm: string): void {
    const hash = createHash(algorithm)
    const fd = standAbove(place, openFile)
    const piece = Buffer.allocUnsafeSlow(PIECE)
    this.#open.set(number, { fd, version: versionIn(fd), hash, piece, position: 0 })
  }

  /** Undefined while there is more to read. It is closed with the last step, and after an error. */
  async next(number: number): Promise<Uint8Array | undefined> {
    const digest = this.#open.get(number)
    if (digest === undefined) throw new FileError('InvalidStateError', 'The digest is closed')
    try {
      const { fd, hash, piece } = digest
      for (let done = 0; done < STEP_BYTES; ) {
        const { bytesRead } = await readBytes(fd, piece, 0, PIECE, digest.position)
        if (bytesRead === 0) {
          requireVersion(fd, digest.version)
          await this.close(number)
          return new Uint8Array(hash.digest())
        }
        hash.update(piece.subarray(0, bytesRead))
        digest.position += bytesRead
        done += bytesRead
      }
      return undefined
    } catch (error) {
      await this.close(number)
      throw fileErrorOf(error)
    }
  }

  async close(number: number): Promise<void> {
    const digest = this.#open.get(number)
    this.#open.delete(number)
    if (digest !== undefined) await closeFile(digest.fd)
  }
}
