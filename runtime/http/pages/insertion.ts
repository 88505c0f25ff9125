// Inserts bytes into what is read of an artifact, at an offset that the package check found.
// Invariant: at most one piece of it is in memory for a request, whatever its size.

import { createHash } from 'node:crypto'
import type { Bytes, Reading } from '../../package/artifact.ts'
import { ByteSource } from '../../package/byte-source.ts'

export interface Insertion {
  /** Byte offset, at most the length of what is read. */
  readonly at: number
  readonly bytes: Bytes
}

/** `reading` with the insertion; as long as both together. */
export function inserted(reading: Reading, insertion: Insertion): Reading {
  if (insertion.bytes.length === 0) return reading
  if (reading instanceof ByteSource) return new InsertingSource(reading, insertion)
  if (reading instanceof Promise) return reading.then((bytes) => insertedBytes(bytes, insertion))
  return insertedBytes(reading, insertion)
}

/** The validator of what has the validator `etag`, with this text inserted. */
export function insertedEtag(etag: string, text: string): string {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16)
  return `"${etag.replaceAll('"', '')}-${hash}"`
}

function insertedBytes(whole: Bytes, { at, bytes }: Insertion): Bytes {
  const result = new Uint8Array(whole.length + bytes.length)
  result.set(whole.subarray(0, at))
  result.set(bytes, at)
  result.set(whole.subarray(at), at + bytes.length)
  return result
}

class InsertingSource extends ByteSource {
  readonly #source: ByteSource
  readonly #at: number
  #passed = 0
  /** Not yet inserted. */
  #rest: Bytes

  constructor(source: ByteSource, { at, bytes }: Insertion) {
    super()
    this.#source = source
    this.#at = at
    this.#rest = bytes
  }

  async read(memory: Bytes): Promise<number> {
    const rest = this.#rest
    if (rest.length > 0 && this.#passed === this.#at) {
      const length = Math.min(rest.length, memory.length)
      memory.set(rest.subarray(0, length))
      this.#rest = rest.subarray(length)
      return length
    }
    const length = await this.#source.read(
      rest.length === 0 ? memory : memory.subarray(0, this.#at - this.#passed),
    )
    this.#passed += length
    return length
  }

  cancel(): void {
    this.#source.cancel()
  }
}
