// Builders of zips for tests: good ones quickly, and hostile ones field by field.
// Invariant: every byte that these functions write comes from their arguments; nothing is repaired.

import { crc32, deflateRawSync } from 'node:zlib'

export const FLAG_DESCRIPTOR = 0x0008
export const FLAG_UTF8 = 0x0800

/** The fields that a local and a central header share; what is left out is what an honest writer would put there. */
export interface HeaderFields {
  readonly name?: string | Uint8Array
  readonly flags?: number
  readonly method?: number
  readonly crc?: number
  readonly compressedSize?: number
  readonly size?: number
  readonly extra?: Uint8Array
}

export interface CraftedEntry extends HeaderFields {
  readonly name: string | Uint8Array
  readonly content?: string | Uint8Array
  /** Compressed bytes to use as they are instead of what `content` and `method` give. */
  readonly packed?: Uint8Array
  /** What the local header says differently. */
  readonly local?: HeaderFields
  /** Version made by; 0x031e is Info-ZIP on Unix, 0x0014 is Windows. */
  readonly madeBy?: number
  /** External attributes; the upper 16 bits are the Unix mode. */
  readonly attributes?: number
  readonly comment?: Uint8Array
  readonly disk?: number
  /** Where the central header points, instead of to the local header. */
  readonly offset?: number
  /** What stands between the data and the next record; a data descriptor by `describe()`, or anything else. */
  readonly after?: Uint8Array
  readonly isLocalMissing?: boolean
  readonly isCentralMissing?: boolean
}

export interface CraftedEnd {
  readonly prefix?: Uint8Array
  readonly comment?: Uint8Array
  readonly trailing?: Uint8Array
  /** What stands between the central directory and the end record, for example zip64 records. */
  readonly beforeEnd?: (place: { start: number; size: number; count: number }) => Uint8Array
  readonly end?: {
    readonly disk?: number
    readonly countHere?: number
    readonly count?: number
    readonly size?: number
    readonly start?: number
    readonly commentLength?: number
  }
}

export type Layout = 'plain' | 'descriptor' | 'stored'

/** A good zip of the files, in their order; names that end with "/" are folders. */
export function zipOf(
  files: Readonly<Record<string, string | Uint8Array>>,
  { layout = 'plain', comment }: { readonly layout?: Layout; readonly comment?: string } = {},
): Uint8Array {
  const entries = Object.entries(files).map(([name, content]): CraftedEntry => {
    const bytes = toBytes(content)
    const isFolder = name.endsWith('/')
    const method = isFolder || layout === 'stored' ? 0 : 8
    const base = { name, content: bytes, method, attributes: (isFolder ? 0o40755 : 0o100644) * 0x10000 }
    return layout === 'descriptor' && !isFolder ? withDescriptor(base) : base
  })
  return craftZip(entries, comment === undefined ? {} : { comment: toBytes(comment) })
}

/** The entry as a writer that cannot seek puts it: sizes after the data. */
export function withDescriptor(entry: CraftedEntry, kind: DescriptorKind = 'signed'): CraftedEntry {
  const flags = (entry.flags ?? defaultFlags(entry.name)) | FLAG_DESCRIPTOR
  return {
    ...entry,
    flags,
    local: { crc: 0, compressedSize: 0, size: 0, ...entry.local },
    after: describe({ ...entry, flags }, kind),
  }
}

export type DescriptorKind = 'signed' | 'bare' | 'signed-wide' | 'bare-wide'

/** The data descriptor that fits the entry. */
export function describe(entry: CraftedEntry, kind: DescriptorKind): Uint8Array {
  const { crc, compressedSize, size } = centralFields(entry)
  const isWide = kind.endsWith('wide')
  const fields = Buffer.alloc(isWide ? 20 : 12)
  fields.writeUInt32LE(crc, 0)
  if (isWide) {
    fields.writeBigUInt64LE(BigInt(compressedSize), 4)
    fields.writeBigUInt64LE(BigInt(size), 12)
  } else {
    fields.writeUInt32LE(compressedSize, 4)
    fields.writeUInt32LE(size, 8)
  }
  return kind.startsWith('signed') ? Buffer.concat([Buffer.from('PK\x07\x08', 'latin1'), fields]) : fields
}

/** One extra field. */
export function extraField(id: number, data: Uint8Array): Uint8Array {
  const head = Buffer.alloc(4)
  head.writeUInt16LE(id, 0)
  head.writeUInt16LE(data.length, 2)
  return Buffer.concat([head, data])
}

/** A zip64 extra field of these 64-bit values. */
export function zip64Field(...values: readonly number[]): Uint8Array {
  const data = Buffer.alloc(values.length * 8)
  for (const [index, value] of values.entries()) {
    data.writeBigUInt64LE(BigInt(value), index * 8)
  }
  return extraField(0x0001, data)
}

/** Info-ZIP's Unicode path field: a second name, bound to the first by its checksum. */
export function unicodePathField(of: string, name: string): Uint8Array {
  const head = Buffer.alloc(5)
  head.writeUInt8(1, 0)
  head.writeUInt32LE(crc32(of), 1)
  return extraField(0x7075, Buffer.concat([head, Buffer.from(name)]))
}

/** A zip64 end record and its locator, for `beforeEnd`. */
export function zip64End(
  place: { readonly start: number; readonly size: number; readonly count: number },
  lies: {
    readonly start?: number
    readonly size?: number
    readonly count?: number
    readonly at?: number
  } = {},
): Uint8Array {
  const record = Buffer.alloc(76)
  record.write('PK\x06\x06', 0, 'latin1')
  record.writeBigUInt64LE(44n, 4)
  record.writeUInt16LE(45, 12)
  record.writeUInt16LE(45, 14)
  record.writeBigUInt64LE(BigInt(lies.count ?? place.count), 24)
  record.writeBigUInt64LE(BigInt(lies.count ?? place.count), 32)
  record.writeBigUInt64LE(BigInt(lies.size ?? place.size), 40)
  record.writeBigUInt64LE(BigInt(lies.start ?? place.start), 48)
  record.write('PK\x06\x07', 56, 'latin1')
  record.writeBigUInt64LE(BigInt(lies.at ?? place.start + place.size), 64)
  record.writeUInt32LE(1, 72)
  return record
}

/** Puts the entries together as they are told; the offsets that the headers hold count from the very first byte. */
export function craftZip(entries: readonly CraftedEntry[], options: CraftedEnd = {}): Uint8Array {
  const parts: Uint8Array[] = [options.prefix ?? new Uint8Array()]
  const directory: Uint8Array[] = []
  let at = parts[0]?.length ?? 0
  for (const entry of entries) {
    if (entry.isCentralMissing !== true) {
      directory.push(centralHeader(entry, entry.offset ?? at))
    }
    if (entry.isLocalMissing !== true) {
      const local = Buffer.concat([localHeader(entry), packedOf(entry), entry.after ?? new Uint8Array()])
      parts.push(local)
      at += local.length
    }
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0)
  const place = { start: at, size, count: directory.length }
  return new Uint8Array(
    Buffer.concat([
      ...parts,
      ...directory,
      options.beforeEnd?.(place) ?? new Uint8Array(),
      endRecord(place, options),
      options.comment ?? new Uint8Array(),
      options.trailing ?? new Uint8Array(),
    ]),
  )
}

function endRecord(
  place: { start: number; size: number; count: number },
  { end = {}, comment }: CraftedEnd,
): Buffer {
  const record = Buffer.alloc(22)
  record.write('PK\x05\x06', 'latin1')
  record.writeUInt16LE(end.disk ?? 0, 4)
  record.writeUInt16LE(end.disk ?? 0, 6)
  record.writeUInt16LE(end.countHere ?? end.count ?? place.count, 8)
  record.writeUInt16LE(end.count ?? place.count, 10)
  record.writeUInt32LE(end.size ?? place.size, 12)
  record.writeUInt32LE(end.start ?? place.start, 16)
  record.writeUInt16LE(end.commentLength ?? comment?.length ?? 0, 20)
  return record
}

type FullFields = Required<Omit<HeaderFields, 'name'>> & { readonly name: Uint8Array }

function centralFields(entry: CraftedEntry): FullFields {
  const content = toBytes(entry.content ?? '')
  return {
    name: toBytes(entry.name),
    flags: entry.flags ?? defaultFlags(entry.name),
    method: entry.method ?? 8,
    crc: entry.crc ?? crc32(content),
    compressedSize: entry.compressedSize ?? packedOf(entry).length,
    size: entry.size ?? content.length,
    extra: entry.extra ?? new Uint8Array(),
  }
}

function defaultFlags(name: string | Uint8Array): number {
  return toBytes(name).some((byte) => byte >= 0x80) ? FLAG_UTF8 : 0
}

function packedOf(entry: CraftedEntry): Uint8Array {
  const content = toBytes(entry.content ?? '')
  return entry.packed ?? ((entry.method ?? 8) === 8 ? deflateRawSync(content) : content)
}

function sharedFields(fields: FullFields): Buffer {
  const bytes = Buffer.alloc(26)
  bytes.writeUInt16LE(20, 0)
  bytes.writeUInt16LE(fields.flags, 2)
  bytes.writeUInt16LE(fields.method, 4)
  bytes.writeUInt32LE(0x5a3c6b21, 6)
  bytes.writeUInt32LE(fields.crc, 10)
  bytes.writeUInt32LE(fields.compressedSize, 14)
  bytes.writeUInt32LE(fields.size, 18)
  bytes.writeUInt16LE(fields.name.length, 22)
  bytes.writeUInt16LE(fields.extra.length, 24)
  return bytes
}

function localHeader(entry: CraftedEntry): Buffer {
  const central = centralFields(entry)
  const { name, ...local } = entry.local ?? {}
  const fields = { ...central, ...local, name: name === undefined ? central.name : toBytes(name) }
  return Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), sharedFields(fields), fields.name, fields.extra])
}

function centralHeader(entry: CraftedEntry, offset: number): Buffer {
  const fields = centralFields(entry)
  const header = Buffer.alloc(46)
  header.write('PK\x01\x02', 'latin1')
  header.writeUInt16LE(entry.madeBy ?? 0x031e, 4)
  sharedFields(fields).copy(header, 6)
  header.writeUInt16LE(entry.comment?.length ?? 0, 32)
  header.writeUInt16LE(entry.disk ?? 0, 34)
  header.writeUInt32LE(entry.attributes ?? 0, 38)
  header.writeUInt32LE(offset, 42)
  return Buffer.concat([header, fields.name, fields.extra, entry.comment ?? new Uint8Array()])
}

function toBytes(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value) : value
}
