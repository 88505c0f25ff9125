// Bytes that are read once, in order, into memory that the reader brings.
// Not a ReadableStream: that allocates each piece, and a client that does not read would leave megabytes of pieces to the
// collector, as many as the buffers of its connection take.

import type { Bytes } from './artifact-files.ts'

/** How much memory readers bring. */
export const PIECE_BYTES = 128 * 1024

export abstract class ByteSource {
  /**
   * Reads the next bytes to the start of `memory`. One call at a time.
   * @returns their number; 0 at the end
   * @throws INTERNAL when the file is damaged, or the error of the file system
   */
  abstract read(memory: Bytes): Promise<number>
  /** Releases what is behind the source. Call it when no more is read, also after the end. Idempotent. */
  abstract cancel(): void
}

/** All pieces, each in memory of its own. */
export async function* piecesOf(source: ByteSource): AsyncGenerator<Bytes> {
  try {
    for (;;) {
      const memory = new Uint8Array(PIECE_BYTES)
      const length = await source.read(memory)
      if (length === 0) return
      yield memory.subarray(0, length)
    }
  } finally {
    source.cancel()
  }
}
