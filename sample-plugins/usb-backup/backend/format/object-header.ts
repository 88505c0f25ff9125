// The header of an object in a pack: a file of tar (ustar), named by its SHA-256 and without anything that could differ from one
// backup to the next. Names with more in them are written by a library (tasks/restore-stream.ts).

import type { PackedObject } from './pack-index.ts'
import type { Bytes, Hash } from './parts.ts'

export const BLOCK = 512
const encoder = new TextEncoder()

export function objectHeader(hash: Hash, size: number): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK)
  const put = (offset: number, text: string) => block.set(encoder.encode(text), offset)
  put(0, hash)
  put(100, '0000644\0')
  put(108, '0000000\0')
  put(116, '0000000\0')
  put(124, `${size.toString(8).padStart(11, '0')}\0`)
  put(136, '00000000000\0')
  // The sum is made as if it were eight spaces.
  put(148, '        ')
  put(156, '0')
  put(257, 'ustar\0')
  put(263, '00')
  const sum = block.reduce((total, byte) => total + byte, 0)
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `)
  return block
}

/** An object with its header, up to the next block. */
export function packed({ hash, size }: PackedObject, bytes: Bytes): readonly Bytes[] {
  return [objectHeader(hash, size), bytes, new Uint8Array(-size & (BLOCK - 1))]
}

/** How much an object takes in a pack. */
export function packedSize(size: number): number {
  return BLOCK + Math.ceil(size / BLOCK) * BLOCK
}
