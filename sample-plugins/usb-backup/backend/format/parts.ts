// Contents are stored in parts, each under the SHA-256 of its bytes: a content that is there already is not stored again, and of a
// large file that has changed in one place only that part is.

/** A part is held in memory as a whole: its name is known only when all of it is. Files up to this size are one part. */
export const PART_BYTES = 4 * 1024 * 1024

/** What the cryptography and the streams of the web take. */
export type Bytes = Uint8Array<ArrayBuffer>

/** Lower-case hex. */
export type Hash = string

export function isHash(value: unknown): value is Hash {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)
}

/** One after the other, 32 bytes each. */
export function digestsOf(hashes: Iterable<Hash>, count: number): Bytes {
  const all = new Uint8Array(32 * count)
  let at = 0
  for (const hash of hashes) at += all.subarray(at).setFromHex(hash).written
  return all
}

export async function hashOf(bytes: Bytes): Promise<Hash> {
  return toHex(await crypto.subtle.digest('SHA-256', bytes))
}

export function toHex(digest: ArrayBuffer): Hash {
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/**
 * The stream in pieces of PART_BYTES, the last one shorter; none for an empty stream. Each piece has memory of its own.
 * @param size if it is known, so that a small content takes no more memory than it needs
 */
export async function* partsOf(stream: ReadableStream<Uint8Array>, size: number): AsyncGenerator<Bytes> {
  let left = size
  let part = new Uint8Array(Math.min(PART_BYTES, left))
  let filled = 0
  for await (const chunk of stream) {
    for (let start = 0; start < chunk.byteLength; ) {
      const piece = chunk.subarray(start, start + part.byteLength - filled)
      if (piece.byteLength === 0) throw new Error('A file of the snapshot is longer than its header says')
      part.set(piece, filled)
      start += piece.byteLength
      filled += piece.byteLength
      if (filled < part.byteLength) continue
      yield part
      left -= filled
      filled = 0
      part = new Uint8Array(Math.min(PART_BYTES, left))
    }
  }
  if (left > 0) throw new Error('A file of the snapshot is shorter than its header says')
}
