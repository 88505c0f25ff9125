// Parses the central directory of a zip into entries.
// Invariant: the directory is parsed exactly once, from its first byte to its last, with nothing left over.

import type { ProblemList } from './archive-problems.ts'
import type { DirectoryPlace } from './zip-end.ts'
import { type ExtraFields, readExtra, widenCentral } from './zip-extra.ts'

const CENTRAL_SIGNATURE = 0x02014b50
const CENTRAL_BYTES = 46

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bits of the general purpose flag. */
export const FLAGS = {
  encrypted: 0x0001,
  descriptor: 0x0008,
  patch: 0x0020,
  strongEncryption: 0x0040,
  utf8: 0x0800,
  maskedHeaders: 0x2000,
} as const

export interface ZipEntry {
  /** The raw bytes of the name. */
  readonly rawName: Buffer
  /** The decoded name; undefined when the bytes are not UTF-8. */
  readonly name: string | undefined
  /** A printable form of the name, for any bytes. */
  readonly label: string
  readonly isDirectory: boolean
  readonly flags: number
  readonly hasDescriptor: boolean
  readonly method: number
  readonly crc: number
  readonly compressedSize: number
  readonly size: number
  readonly headerOffset: number
  readonly disk: number
  /** The system that the attributes are for: 0, 10 and 11 are Windows, 3 is Unix. */
  readonly host: number
  readonly dosAttributes: number
  readonly unixMode: number
  readonly extra: ExtraFields
}

/** All entries of the directory; undefined, with a problem, when it cannot be parsed. */
export function readDirectory(
  data: Buffer,
  { place, problems }: { readonly place: DirectoryPlace; readonly problems: ProblemList },
): readonly ZipEntry[] | undefined {
  const directory = data.subarray(place.start, place.end)
  const entries: ZipEntry[] = []
  let at = 0
  for (let index = 0; index < place.count; index += 1) {
    if (at + CENTRAL_BYTES > directory.length || directory.readUInt32LE(at) !== CENTRAL_SIGNATURE) {
      problems.add(
        ambiguous(`The archive says that it has ${place.count} entries, but its directory holds ${index}`),
      )
      return undefined
    }
    const end = at + CENTRAL_BYTES + variableBytes(directory, at)
    if (end > directory.length) {
      problems.add(ambiguous('The last entry of the directory runs past its end'))
      return undefined
    }
    const entry = readEntry(directory.subarray(at, end), problems)
    if (entry !== undefined) {
      entries.push(entry)
    }
    at = end
  }
  if (at !== directory.length) {
    problems.add(
      ambiguous(`The directory holds more than the ${place.count} entries that the archive says it has`),
    )
    return undefined
  }
  return entries
}

function variableBytes(directory: Buffer, at: number): number {
  return directory.readUInt16LE(at + 28) + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
}

function readEntry(record: Buffer, problems: ProblemList): ZipEntry | undefined {
  const extraStart = CENTRAL_BYTES + record.readUInt16LE(28)
  const rawName = record.subarray(CENTRAL_BYTES, extraStart)
  const name = decodeName(rawName)
  const label = name ?? rawName.toString('latin1')
  const extra = readExtra(record.subarray(extraStart, extraStart + record.readUInt16LE(30)))
  if (extra === undefined) {
    problems.add(ambiguous('An extra field of an entry is malformed or repeated', label))
    return undefined
  }
  const wide = widenCentral(
    {
      size: record.readUInt32LE(24),
      compressedSize: record.readUInt32LE(20),
      headerOffset: record.readUInt32LE(42),
      disk: record.readUInt16LE(34),
    },
    extra.zip64,
  )
  if (wide === undefined) {
    problems.add(ambiguous('The zip64 field of an entry does not fit its header', label))
    return undefined
  }
  const flags = record.readUInt16LE(8)
  return {
    rawName,
    name,
    label,
    isDirectory: rawName.at(-1) === 0x2f,
    flags,
    hasDescriptor: (flags & FLAGS.descriptor) !== 0,
    method: record.readUInt16LE(10),
    crc: record.readUInt32LE(16),
    host: record.readUInt8(5),
    dosAttributes: record.readUInt16LE(38),
    unixMode: record.readUInt16LE(40),
    extra,
    ...wide,
  }
}

/** Names without the UTF-8 flag are decoded as UTF-8 too: macOS writes them so. */
function decodeName(bytes: Buffer): string | undefined {
  try {
    return STRICT_UTF8.decode(bytes)
  } catch {
    // Not UTF-8: the caller reports the name.
    return undefined
  }
}

function ambiguous(message: string, file?: string) {
  const finding = {
    code: 'ARCHIVE_AMBIGUOUS',
    message,
    hint: 'Make the archive again from the folder, with another tool if this one wrote it so',
  } as const
  return file === undefined ? finding : { ...finding, file }
}
