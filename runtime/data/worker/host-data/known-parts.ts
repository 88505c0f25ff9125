// The parts of a snapshot that its reader has: those that it had before, and those that were sent to it.
// Invariant: memory is bounded: what is beyond is forgotten, and sent again.

import { bytesOf } from '../../../../sdk/protocol/stream-bytes.ts'
import type { ReceiveStream } from '../../../../sdk/protocol/streams.ts'
import { DataError } from '../data-error.ts'

/** About 150 bytes each. */
const MAX_PARTS = 2_000_000
const HASH_BYTES = 32

export class KnownParts {
  readonly #names = new Set<string>()

  /** False for one that is known. @param name its SHA-256, in hexadecimal digits */
  add(name: string): boolean {
    if (this.#names.has(name)) return false
    if (this.#names.size < MAX_PARTS) this.#names.add(name)
    return true
  }

  /** @param upload the hashes, 32 bytes each, one after the other. Rejects with VALUE_INVALID */
  async read(upload: ReceiveStream): Promise<void> {
    let rest = Buffer.alloc(0)
    for await (const chunk of bytesOf(upload)) {
      const bytes = Buffer.concat([rest, chunk])
      const end = bytes.length - (bytes.length % HASH_BYTES)
      for (let at = 0; at < end; at += HASH_BYTES) this.add(bytes.toString('hex', at, at + HASH_BYTES))
      rest = bytes.subarray(end)
    }
    if (rest.length > 0) throw new DataError('VALUE_INVALID', 'The list of known parts is cut off')
  }
}
