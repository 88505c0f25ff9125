// Compares each local header with the central directory, and accounts for every byte of the archive.
// Invariant: a reader that streams from the front sees the same entries as one that starts at the directory.

import type { ProblemList } from './archive-problems.ts'
import { FLAGS, type ZipEntry } from './zip-directory.ts'
import { readExtra, widenLocal } from './zip-extra.ts'

const LOCAL_SIGNATURE = 0x04034b50
const LOCAL_BYTES = 30
const DESCRIPTOR_SIGNATURE = 0x08074b50

interface Extent {
  readonly entry: ZipEntry
  readonly start: number
  readonly extraStart: number
  readonly dataStart: number
  /** End of the compressed data; a data descriptor may follow. */
  readonly end: number
}

/** Adds a problem for each local header that differs, and for bytes between records that belong to none. */
export function checkLocalHeaders(
  data: Buffer,
  options: {
    readonly entries: readonly ZipEntry[]
    readonly directoryStart: number
    readonly problems: ProblemList
  },
): void {
  const { directoryStart, problems } = options
  const extents: Extent[] = []
  for (const entry of options.entries) {
    const extent = findExtent(data, { entry, directoryStart, problems })
    if (extent !== undefined) {
      extents.push(extent)
    }
  }
  // Check overlaps first: thousands of entries that share one large header would make the comparison slow.
  if (areApart(extents, problems)) {
    for (const extent of extents) {
      const difference = compareHeader(data, extent)
      if (difference !== undefined) {
        problems.add(differs(difference, extent.entry))
      }
    }
  }
  if (problems.count === 0) {
    checkSpaces(data, { extents, directoryStart, problems })
  }
}

function findExtent(
  data: Buffer,
  { entry, directoryStart, problems }: { entry: ZipEntry; directoryStart: number; problems: ProblemList },
): Extent | undefined {
  const start = entry.headerOffset
  if (start + LOCAL_BYTES > directoryStart || data.readUInt32LE(start) !== LOCAL_SIGNATURE) {
    problems.add(differs('There is no local header where the directory points', entry))
    return undefined
  }
  const extraStart = start + LOCAL_BYTES + data.readUInt16LE(start + 26)
  const dataStart = extraStart + data.readUInt16LE(start + 28)
  const end = dataStart + entry.compressedSize
  if (end > directoryStart) {
    problems.add({
      code: 'ARCHIVE_CORRUPT',
      message: 'The data of the entry runs past the place where it must end',
      hint: 'Make the archive again and upload it once more',
      file: entry.label,
    })
    return undefined
  }
  return { entry, start, extraStart, dataStart, end }
}

function areApart(extents: readonly Extent[], problems: ProblemList): boolean {
  const before = problems.count
  const sorted = inOrder(extents)
  for (const [index, extent] of sorted.entries()) {
    const next = sorted[index + 1]
    if (next !== undefined && next.start < extent.end) {
      problems.add(differs('The data of the entry overlaps with the next entry', extent.entry))
    }
  }
  return problems.count === before
}

function inOrder(extents: readonly Extent[]): readonly Extent[] {
  return extents.toSorted((a, b) => a.start - b.start)
}

function compareHeader(data: Buffer, { entry, start, extraStart, dataStart }: Extent): string | undefined {
  if (!data.subarray(start + LOCAL_BYTES, extraStart).equals(entry.rawName)) {
    return 'The local header and the directory give two different names'
  }
  const isAscii = entry.rawName.every((byte) => byte < 0x80)
  // Bits 1 and 2 only indicate the compression effort; bit 11 means nothing for an ASCII name.
  const compared =
    FLAGS.encrypted |
    FLAGS.descriptor |
    FLAGS.patch |
    FLAGS.strongEncryption |
    FLAGS.maskedHeaders |
    (isAscii ? 0 : FLAGS.utf8)
  if (((data.readUInt16LE(start + 6) ^ entry.flags) & compared) !== 0) {
    return 'The local header and the directory give two different sets of flags'
  }
  if (data.readUInt16LE(start + 8) !== entry.method) {
    return 'The local header and the directory give two different compression methods'
  }
  const extra = readExtra(data.subarray(extraStart, dataStart))
  if (extra === undefined) {
    return 'An extra field of the local header is malformed or repeated'
  }
  if (extra.unicodePath !== undefined && !extra.unicodePath.equals(entry.rawName)) {
    return 'The local header gives the entry a second name'
  }
  const sizes = widenLocal(
    { size: data.readUInt32LE(start + 22), compressedSize: data.readUInt32LE(start + 18) },
    { zip64: extra.zip64, entry },
  )
  if (sizes === undefined) {
    return 'The zip64 field of the local header does not fit it'
  }
  const fits = (local: number, central: number): boolean =>
    local === central || (entry.hasDescriptor && local === 0)
  const agrees =
    fits(data.readUInt32LE(start + 14), entry.crc) &&
    fits(sizes.size, entry.size) &&
    fits(sizes.compressedSize, entry.compressedSize)
  return agrees ? undefined : 'The local header and the directory give two different sizes or checksums'
}

/** Every byte before the directory belongs to an entry, and entries do not overlap. */
function checkSpaces(
  data: Buffer,
  {
    extents,
    directoryStart,
    problems,
  }: { extents: readonly Extent[]; directoryStart: number; problems: ProblemList },
): void {
  const sorted = inOrder(extents)
  const first = sorted[0]?.start ?? directoryStart
  if (first !== 0) {
    problems.add({
      code: 'ARCHIVE_AMBIGUOUS',
      message: `There are ${first} bytes before the first entry`,
      hint: 'Use a plain zip, not a self-extracting one, and do not edit or join zip files',
    })
  }
  for (const [index, extent] of sorted.entries()) {
    const next = sorted[index + 1]?.start ?? directoryStart
    if (extent.entry.hasDescriptor) {
      if (!isDescriptor(data.subarray(extent.end, next), extent.entry)) {
        problems.add(differs('The data descriptor after the entry contradicts the directory', extent.entry))
      }
    } else if (next > extent.end) {
      const message = `There are ${next - extent.end} bytes after the entry that belong to nothing`
      problems.add(differs(message, extent.entry))
    }
  }
}

/** A descriptor has 32-bit or 64-bit sizes, with or without a signature; it must fill the space exactly. */
function isDescriptor(space: Buffer, entry: ZipEntry): boolean {
  const hasSignature = space.length === 16 || space.length === 24
  if (hasSignature && space.readUInt32LE(0) !== DESCRIPTOR_SIGNATURE) {
    return false
  }
  const fields = hasSignature ? space.subarray(4) : space
  if (fields.length !== 12 && fields.length !== 20) {
    return false
  }
  const isWide = fields.length === 20
  const compressedSize = isWide ? Number(fields.readBigUInt64LE(4)) : fields.readUInt32LE(4)
  const size = isWide ? Number(fields.readBigUInt64LE(12)) : fields.readUInt32LE(8)
  return (
    fields.readUInt32LE(0) === entry.crc && compressedSize === entry.compressedSize && size === entry.size
  )
}

function differs(message: string, entry: ZipEntry) {
  return {
    code: 'ARCHIVE_AMBIGUOUS',
    message,
    hint: 'Make the archive again from the folder; do not edit, join or append to zip files',
    file: entry.label,
  } as const
}
