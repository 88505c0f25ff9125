// Writes the files of a package as a zip.
// Invariant: the same files always give the same bytes.

import { constants, crc32, deflateRawSync } from 'node:zlib'
import type { PackageLimits } from '../../../config/config.ts'
import type { PackageFiles } from '../../types.ts'
import { isBomb, METHOD_DEFLATED, METHOD_STORED } from './archive-check.ts'

const VERSION_NEEDED = 20
const MADE_BY_UNIX = (3 << 8) | VERSION_NEEDED
const FLAG_UTF8 = 0x0800
/** 1980-01-01, the earliest date of a zip; the time is midnight. */
const DOS_DATE = 0x0021
/** A regular file, writable by its owner and readable by all. */
const ATTRIBUTES = 0o100644 * 0x10000
const MAX_COUNT = 0xfffe
const MAX_BYTES = 0xfffffffe

interface Packed {
  readonly name: Buffer
  readonly method: number
  readonly crc: number
  readonly size: number
  readonly data: Uint8Array
}

/**
 * A zip without zip64, descriptors, folders or extra fields, entries sorted by path (code units), each deflated at
 * level 9 where that is smaller, else stored. What shrinks so much that a server would take it for a bomb is stored, too.
 * Throws a RangeError past 65,534 files or 4 GB.
 */
export function writeZip(files: PackageFiles, limits: Pick<PackageLimits, 'maxRatio'>): Uint8Array {
  if (files.size > MAX_COUNT) {
    throw new RangeError(`Cannot zip ${files.size} files: a plain zip holds ${MAX_COUNT}`)
  }
  const locals: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  const entries = [...files].sort(([a], [b]) => (a < b ? -1 : 1))
  for (const packed of packAll(entries, limits)) {
    const shared = sharedFields(packed)
    directory.push(centralHeader(shared, offset), packed.name)
    locals.push(localHeader(shared), packed.name, packed.data)
    offset += 30 + packed.name.length + packed.data.length
    if (offset > MAX_BYTES) {
      throw new RangeError('Cannot zip more than 4 GB')
    }
  }
  const directoryBytes = directory.reduce((sum, part) => sum + part.length, 0)
  const end = endRecord({ count: files.size, start: offset, size: directoryBytes })
  return new Uint8Array(Buffer.concat([...locals, ...directory, end]))
}

function packAll(
  entries: readonly (readonly [path: string, content: Uint8Array])[],
  limits: Pick<PackageLimits, 'maxRatio'>,
): readonly Packed[] {
  const packed = entries.map(([path, content]) => pack(path, content))
  const sum = (sizes: readonly number[]) => sizes.reduce((all, size) => all + size, 0)
  const inAll = { packed: sum(packed.map(({ data }) => data.length)), limits }
  const isRefused =
    isBomb(sum(packed.map(({ size }) => size)), inAll) ||
    packed.some(({ size, data }) => isBomb(size, { packed: data.length, limits }))
  if (!isRefused) return packed
  return packed.map((each, index) => {
    const [, content = each.data] = entries[index] ?? []
    return each.size > each.data.length * limits.maxRatio
      ? { ...each, method: METHOD_STORED, data: content }
      : each
  })
}

function pack(path: string, content: Uint8Array): Packed {
  const deflated = deflateRawSync(content, { level: constants.Z_BEST_COMPRESSION })
  const isSmaller = deflated.length < content.length
  return {
    name: Buffer.from(path),
    method: isSmaller ? METHOD_DEFLATED : METHOD_STORED,
    crc: crc32(content),
    size: content.length,
    data: isSmaller ? deflated : content,
  }
}

/** The 26 bytes that local and central header have in common, from "version needed" to "extra length". */
function sharedFields({ name, method, crc, size, data }: Packed): Buffer {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(VERSION_NEEDED, 0)
  fields.writeUInt16LE(name.every((byte) => byte < 0x80) ? 0 : FLAG_UTF8, 2)
  fields.writeUInt16LE(method, 4)
  fields.writeUInt16LE(DOS_DATE, 8)
  fields.writeUInt32LE(crc, 10)
  fields.writeUInt32LE(data.length, 14)
  fields.writeUInt32LE(size, 18)
  fields.writeUInt16LE(name.length, 22)
  return fields
}

function localHeader(shared: Buffer): Buffer {
  return Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), shared])
}

function centralHeader(shared: Buffer, offset: number): Buffer {
  const header = Buffer.alloc(46)
  header.write('PK\x01\x02', 'latin1')
  header.writeUInt16LE(MADE_BY_UNIX, 4)
  shared.copy(header, 6)
  header.writeUInt32LE(ATTRIBUTES, 38)
  header.writeUInt32LE(offset, 42)
  return header
}

function endRecord({
  count,
  start,
  size,
}: {
  readonly count: number
  readonly start: number
  readonly size: number
}): Buffer {
  const record = Buffer.alloc(22)
  record.write('PK\x05\x06', 'latin1')
  record.writeUInt16LE(count, 8)
  record.writeUInt16LE(count, 10)
  record.writeUInt32LE(size, 12)
  record.writeUInt32LE(start, 16)
  return record
}
