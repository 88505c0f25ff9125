// Reads a tar as tar-header.ts writes it. What POSIX has besides (links, devices, sparse files, formats of other programs) is refused.
// Invariant: the bytes are hostile; a path that is given out has no part that leads out of its folder, and memory stays constant.

import { ByteReader } from '../byte-reader.ts'
import { DataError } from '../data-error.ts'
import { BLOCK, checksumOf } from './tar-header.ts'

export interface ReadEntry {
  /** Never empty; no part is empty, "." or "..". */
  readonly path: readonly string[]
  readonly type: 'file' | 'folder'
  readonly size: number
  /** Permissions: nine bits. */
  readonly mode: number
  /** Seconds since the epoch. */
  readonly mtime: number
  /** To be read to its end before the next entry; empty for a folder. */
  readonly content: AsyncIterable<Uint8Array>
}

const MAX_PATH_BYTES = 4096
const MAX_PART_BYTES = 255
const MAX_EXTENDED_BYTES = 16 * 1024
/** Far more than an application has. */
const MAX_ENTRIES = 5_000_000
const TYPES: Readonly<Record<string, ReadEntry['type']>> = { '0': 'file', '\0': 'file', '5': 'folder' }

/** @throws DataError SNAPSHOT_INVALID, and as the source does */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<ReadEntry, void, void> {
  const bytes = new ByteReader(source, damaged)
  let extended: Extended = {}
  try {
    for (let entries = 0; ; ) {
      const header = await bytes.exactly(BLOCK)
      if (isZero(header)) return await readEnd(bytes)
      const { type, size: plainSize, ...plain } = readHeader(header)
      if (type === 'x') {
        if (plainSize > MAX_EXTENDED_BYTES) throw damaged('an extended header is too long')
        extended = readExtended(await bytes.exactly(plainSize))
        await bytes.skip(paddingOf(plainSize))
        continue
      }
      const kind = TYPES[type]
      if (kind === undefined) throw damaged(`it has an entry of the type "${printable(type)}"`)
      if (++entries > MAX_ENTRIES) throw damaged(`it has more than ${MAX_ENTRIES} entries`)
      const size = extended.size ?? plainSize
      if (kind === 'folder' && size !== 0) throw damaged('a folder has content')
      const path = partsOf(extended.path ?? plain.path, kind)
      let left = size
      async function* content(): AsyncGenerator<Uint8Array> {
        for await (const chunk of bytes.next(size)) {
          left -= chunk.byteLength
          yield chunk
        }
      }
      yield {
        path,
        type: kind,
        size,
        mode: plain.mode & 0o777,
        mtime: extended.mtime ?? plain.mtime,
        content: content(),
      }
      await bytes.skip(left + paddingOf(size))
      extended = {}
    }
  } finally {
    await bytes.close()
  }
}

/** @param what half a sentence: "its header is too long" */
export function damaged(what: string, cause?: unknown): DataError {
  return new DataError('SNAPSHOT_INVALID', `The snapshot is damaged: ${what}`, cause)
}

async function readEnd(bytes: ByteReader): Promise<void> {
  if (!isZero(await bytes.exactly(BLOCK))) throw damaged('it does not end where it says so')
  // Other programs fill up the last record.
  for (;;) {
    const rest = await bytes.some()
    if (rest === undefined) return
    if (!isZero(rest)) throw damaged('it goes on behind its end')
  }
}

function readHeader(header: Buffer) {
  const checksum = octal(header, 148, 8)
  if (checksum !== checksumOf(header)) throw damaged('a header does not have its checksum')
  if (header.toString('latin1', 257, 263) !== 'ustar\0') throw damaged('it is not a POSIX tar')
  const prefix = text(header, 345, 155)
  const name = text(header, 0, 100)
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    mode: octal(header, 100, 8),
    size: octal(header, 124, 12),
    mtime: octal(header, 136, 12),
    type: header.toString('latin1', 156, 157),
  }
}

interface Extended {
  readonly path?: string
  readonly size?: number
  readonly mtime?: number
}

function readExtended(bytes: Buffer): Extended {
  const found: { path?: string; size?: number; mtime?: number } = {}
  for (let at = 0; at < bytes.length; ) {
    const blank = bytes.indexOf(0x20, at)
    const digits = blank === -1 ? '' : bytes.toString('latin1', at, blank)
    const length = /^[1-9]\d{0,5}$/.test(digits) ? Number(digits) : 0
    const end = at + length
    if (length === 0 || end > bytes.length || bytes[end - 1] !== 0x0a || blank + 1 > end - 1)
      throw damaged('an extended header is malformed')
    const record = bytes.subarray(blank + 1, end - 1)
    const equals = record.indexOf(0x3d)
    const key = record.toString('latin1', 0, Math.max(0, equals))
    const value = record.subarray(equals + 1)
    if (key === 'path') found.path = utf8(value)
    else if (key === 'size') found.size = decimal(value.toString('latin1'))
    else if (key === 'mtime') found.mtime = seconds(value.toString('latin1'))
    else if (key === 'linkpath' || key.startsWith('GNU.sparse')) throw damaged(`it has a "${key}"`)
    at = end
  }
  return found
}

function partsOf(path: string, type: ReadEntry['type']): readonly string[] {
  const plain = type === 'folder' && path.endsWith('/') ? path.slice(0, -1) : path
  const parts = plain.split('/')
  const isOdd = (part: string) =>
    part === '' ||
    part === '.' ||
    part === '..' ||
    part.includes('\0') ||
    Buffer.byteLength(part) > MAX_PART_BYTES ||
    (process.platform === 'win32' && /[\\:]/.test(part))
  if (Buffer.byteLength(plain) > MAX_PATH_BYTES || parts.some(isOdd))
    throw damaged(`"${printable(path.slice(0, 200))}" is no path of a file in it`)
  return parts
}

function text(header: Buffer, at: number, width: number): string {
  const field = header.subarray(at, at + width)
  const end = field.indexOf(0)
  return utf8(end === -1 ? field : field.subarray(0, end))
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw damaged('a name in it is not UTF-8', error)
  }
}

function octal(header: Buffer, at: number, width: number): number {
  const field = header
    .toString('latin1', at, at + width)
    .replace(/[\0 ]+$/, '')
    .trimStart()
  if (!/^[0-7]{0,12}$/.test(field)) throw damaged('a number in a header is malformed')
  return field === '' ? 0 : Number.parseInt(field, 8)
}

function decimal(value: string): number {
  const number = /^\d{1,16}$/.test(value) ? Number(value) : Number.NaN
  if (!Number.isSafeInteger(number)) throw damaged('a size in it is malformed')
  return number
}

function seconds(value: string): number {
  if (!/^-?\d{1,12}(?:\.\d{1,20})?$/.test(value)) throw damaged('a time in it is malformed')
  return Number(value)
}

function paddingOf(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0)
}

function printable(value: string): string {
  return value.replaceAll(/[^\x20-\x7e]/g, '?')
}
