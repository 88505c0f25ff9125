// Extracts the content of an archive that has passed the check.
// Invariant: adm-zip's reading of the archive equals ours, and no entry inflates beyond its declared size.

import { crc32, inflateRawSync } from 'node:zlib'
import AdmZip from 'adm-zip'
import { type CheckedEntry, METHOD_STORED } from './archive-check.ts'
import type { ProblemList } from './archive-problems.ts'
import type { ZipEntry } from './zip-directory.ts'

/**
 * The files of the archive by canonical path, without folders and links; undefined when there are `problems`.
 * adm-zip reads the archive independently of our check and returns the packed bytes. They are inflated here, because zlib,
 * unlike adm-zip, reports bytes left over behind the end of a deflate stream.
 */
export function readContent(
  data: Buffer,
  { entries, problems }: { readonly entries: readonly CheckedEntry[]; readonly problems: ProblemList },
): Map<string, Uint8Array> | undefined {
  const second = readAgain(data)
  if (second?.length !== entries.length) {
    problems.add(otherReading())
    return undefined
  }
  const files = new Map<string, Uint8Array>()
  for (const [index, { entry, path, isLink }] of entries.entries()) {
    const packed = packedBytes(second[index], entry)
    if (packed === undefined) {
      problems.add({ ...otherReading(), file: entry.label })
      continue
    }
    const content = unpack(packed, entry)
    if (typeof content === 'string') {
      const hint = 'Make the archive again and upload it once more'
      problems.add({ code: 'ARCHIVE_CORRUPT', message: content, hint, file: entry.label })
    } else if (!entry.isDirectory && !isLink) {
      files.set(path, content)
    }
  }
  return problems.count === 0 ? files : undefined
}

function readAgain(data: Buffer): readonly AdmZip.IZipEntry[] | undefined {
  try {
    return new AdmZip(data, { noSort: true }).getEntries()
  } catch {
    // adm-zip refuses what our check accepted: a second opinion, which the caller reports.
    return undefined
  }
}

function packedBytes(other: AdmZip.IZipEntry | undefined, entry: ZipEntry): Buffer | undefined {
  if (
    other === undefined ||
    !other.rawEntryName.equals(entry.rawName) ||
    other.header.offset !== entry.headerOffset ||
    other.header.method !== entry.method ||
    other.header.crc !== entry.crc ||
    other.header.size !== entry.size ||
    other.header.compressedSize !== entry.compressedSize
  ) {
    return undefined
  }
  try {
    const packed = other.getCompressedData()
    return packed.length === entry.compressedSize ? packed : undefined
  } catch {
    // As above: the two readings differ.
    return undefined
  }
}

/** The content of one entry in memory of its own, or a sentence that says what is wrong with it. */
function unpack(packed: Buffer, entry: ZipEntry): Uint8Array | string {
  const content = entry.method === METHOD_STORED ? new Uint8Array(packed) : inflate(packed, entry)
  if (typeof content === 'string') {
    return content
  }
  if (content.length !== entry.size) {
    return `The entry declares ${entry.size} bytes and has ${content.length}`
  }
  return crc32(content) === entry.crc ? content : 'The checksum of the entry is wrong'
}

interface Inflated {
  readonly buffer: Buffer
  /** Its bytesWritten counts the input bytes that the stream consumed. */
  readonly engine: { readonly bytesWritten: number }
}

function inflate(packed: Buffer, entry: ZipEntry): Uint8Array | string {
  const options = {
    maxOutputLength: Math.max(1, entry.size),
    // One chunk of the right size: zlib's default would keep 16 kB of memory alive for every small file.
    chunkSize: Math.min(Math.max(64, entry.size), 1 << 20),
    info: true,
  }
  let inflated: Inflated
  try {
    // With `info` the function returns both fields; its type does not declare it.
    inflated = inflateRawSync(packed, options) as unknown as Inflated
  } catch (error) {
    return isTooLong(error)
      ? `The entry inflates to more than the ${entry.size} bytes that it declares`
      : 'The compressed data of the entry is damaged'
  }
  if (inflated.engine.bytesWritten !== packed.length) {
    return 'There are bytes behind the end of the compressed data'
  }
  const { buffer } = inflated
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
}

function isTooLong(error: unknown): boolean {
  return error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
}

function otherReading() {
  return {
    code: 'ARCHIVE_AMBIGUOUS',
    message: 'Two zip readers read the archive in two ways',
    hint: 'Make the archive again from the folder, with another tool if this one wrote it so',
  } as const
}
