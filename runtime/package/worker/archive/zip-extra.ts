// Extra fields of zip headers that change an entry: zip64 sizes, a second name, encryption, Unix modes.
// Invariant: a field that two readers could interpret differently is reported, never resolved.

import type { ZipEntry } from './zip-directory.ts'

const ZIP64 = 0x0001
const STRONG_ENCRYPTION = 0x0017
const ASI_UNIX = 0x756e
const UNICODE_PATH = 0x7075
const AES = 0x9901
const MEANINGFUL: ReadonlySet<number> = new Set([ZIP64, STRONG_ENCRYPTION, ASI_UNIX, UNICODE_PATH, AES])

export interface ExtraFields {
  readonly zip64: Buffer | undefined
  /** A second name for the entry, from Info-ZIP's Unicode path field. */
  readonly unicodePath: Buffer | undefined
  /** Unix mode from the old ASi field, which can also describe a symbolic link. */
  readonly unixMode: number | undefined
  readonly isEncrypted: boolean
}

/** Parses an extra block; undefined when it is malformed or repeats a relevant field. */
export function readExtra(block: Buffer): ExtraFields | undefined {
  const fields = new Map<number, Buffer>()
  let at = 0
  while (at < block.length) {
    if (at + 4 > block.length) {
      return undefined
    }
    const id = block.readUInt16LE(at)
    const end = at + 4 + block.readUInt16LE(at + 2)
    if (end > block.length) {
      return undefined
    }
    if (MEANINGFUL.has(id)) {
      if (fields.has(id)) {
        return undefined
      }
      fields.set(id, block.subarray(at + 4, end))
    }
    at = end
  }
  const unicode = fields.get(UNICODE_PATH)
  const asi = fields.get(ASI_UNIX)
  if ((unicode !== undefined && unicode.length < 5) || (asi !== undefined && asi.length < 6)) {
    return undefined
  }
  return {
    zip64: fields.get(ZIP64),
    unicodePath: unicode?.subarray(5),
    unixMode: asi?.readUInt16LE(4),
    isEncrypted: fields.has(AES) || fields.has(STRONG_ENCRYPTION),
  }
}

export interface WideFields {
  readonly size: number
  readonly compressedSize: number
  readonly headerOffset: number
  readonly disk: number
}

/**
 * The actual sizes and offset of a central header. The zip64 field must hold exactly the values whose 32-bit fields are filled
 * with ones; anything else is undefined.
 */
export function widenCentral(plain: WideFields, zip64: Buffer | undefined): WideFields | undefined {
  const isWide = {
    size: plain.size === 0xffffffff,
    compressedSize: plain.compressedSize === 0xffffffff,
    headerOffset: plain.headerOffset === 0xffffffff,
    disk: plain.disk === 0xffff,
  }
  const words = Number(isWide.size) + Number(isWide.compressedSize) + Number(isWide.headerOffset)
  if ((zip64?.length ?? 0) !== words * 8 + (isWide.disk ? 4 : 0)) {
    return undefined
  }
  if (zip64 === undefined) {
    return plain
  }
  let at = 0
  const next = (): number => {
    at += 8
    return Number(zip64.readBigUInt64LE(at - 8))
  }
  return {
    size: isWide.size ? next() : plain.size,
    compressedSize: isWide.compressedSize ? next() : plain.compressedSize,
    headerOffset: isWide.headerOffset ? next() : plain.headerOffset,
    disk: isWide.disk ? zip64.readUInt32LE(at) : plain.disk,
  }
}

export interface LocalSizes {
  readonly size: number
  readonly compressedSize: number
}

/**
 * The sizes in a local header. Its zip64 field holds the sizes whose 32-bit fields are filled with ones, or both; a size beyond
 * those must equal the central directory's, or be zero.
 */
export function widenLocal(
  plain: LocalSizes,
  { zip64, entry }: { readonly zip64: Buffer | undefined; readonly entry: ZipEntry },
): LocalSizes | undefined {
  const wide = Number(plain.size === 0xffffffff) + Number(plain.compressedSize === 0xffffffff)
  if (zip64 === undefined) {
    return wide === 0 ? plain : undefined
  }
  if (zip64.length === 8 && wide === 1) {
    const value = Number(zip64.readBigUInt64LE(0))
    return plain.size === 0xffffffff ? { ...plain, size: value } : { ...plain, compressedSize: value }
  }
  if (zip64.length === 0 && wide === 0) {
    return plain
  }
  if (zip64.length !== 16) {
    return undefined
  }
  const sizes = { size: Number(zip64.readBigUInt64LE(0)), compressedSize: Number(zip64.readBigUInt64LE(8)) }
  if (wide === 2) {
    return sizes
  }
  const isSame = sizes.size === entry.size && sizes.compressedSize === entry.compressedSize
  const isEmpty = sizes.size === 0 && sizes.compressedSize === 0
  return wide === 0 && (isSame || (isEmpty && entry.hasDescriptor)) ? plain : undefined
}
