// The headers of a tar as POSIX (pax) defines it: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html
// Written here, not by a library: what is read back is hostile, and only what this file writes is accepted.

export const BLOCK = 512
/** Octal digits that a size has room for. */
const MAX_OCTAL_SIZE = 0o77777777777
const MAX_ID = 0o7777777
const MAX_NAME = 100

export interface TarEntry {
  /** Parts with "/" between them. */
  readonly path: string
  readonly type: 'file' | 'folder'
  /** Bytes of the content; 0 for a folder. */
  readonly size: number
  /** Permissions. */
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Nanoseconds since the epoch. */
  readonly mtimeNs: bigint
}

/** One or three blocks, or more: what a header cannot say stands in an extended one before it. */
export function tarHeader(entry: TarEntry): Buffer {
  const path = entry.type === 'folder' ? `${entry.path}/` : entry.path
  const isShort = /^[\x20-\x7e]*$/.test(path) && path.length <= MAX_NAME
  const seconds = entry.mtimeNs / 1_000_000_000n
  const nanoseconds = entry.mtimeNs % 1_000_000_000n
  const isPlainTime = nanoseconds === 0n && seconds >= 0n && seconds <= BigInt(MAX_OCTAL_SIZE)
  const records = [
    ...(isShort ? [] : [record('path', path)]),
    ...(entry.size <= MAX_OCTAL_SIZE ? [] : [record('size', String(entry.size))]),
    ...(isPlainTime ? [] : [record('mtime', decimal(entry.mtimeNs))]),
  ]
  const time = seconds < 0n ? 0 : Number(seconds)
  const own = {
    ...entry,
    name: isShort ? path : 'long-name',
    size: entry.size <= MAX_OCTAL_SIZE ? entry.size : 0,
    time: time <= MAX_OCTAL_SIZE ? time : 0,
    flag: entry.type === 'folder' ? '5' : '0',
  }
  if (records.length === 0) return block(own)
  const extended = Buffer.concat(records)
  const before = block({ ...own, name: 'pax-header', size: extended.length, flag: 'x', mode: 0o644 })
  return Buffer.concat([before, extended, padding(extended.length), block(own)])
}

/** Zeros up to the next block. */
export function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK)
}

interface Fields {
  readonly name: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly time: number
  readonly flag: string
}

function block({ name, mode, uid, gid, size, time, flag }: Fields): Buffer {
  const header = Buffer.alloc(BLOCK)
  header.write(name, 0, MAX_NAME, 'latin1')
  octal(header, { at: 100, width: 8, value: mode & 0o7777 })
  octal(header, { at: 108, width: 8, value: uid <= MAX_ID ? uid : 0 })
  octal(header, { at: 116, width: 8, value: gid <= MAX_ID ? gid : 0 })
  octal(header, { at: 124, width: 12, value: size })
  octal(header, { at: 136, width: 12, value: time })
  header.write(flag, 156, 'latin1')
  header.write('ustar\0' + '00', 257, 'latin1')
  header.write(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

/** Of a header, with its own field as blanks. */
export function checksumOf(header: Uint8Array): number {
  let sum = 8 * 0x20
  for (let at = 0; at < BLOCK; at++) if (at < 148 || at >= 156) sum += header[at] ?? 0
  return sum
}

function octal(
  header: Buffer,
  { at, width, value }: { readonly at: number; readonly width: number; readonly value: number },
): void {
  header.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at, 'latin1')
}

/** "<length> <key>=<value>\n", where the length counts its own digits. */
function record(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`)
  let length = rest.length + 1
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length
  return Buffer.concat([Buffer.from(String(length)), rest])
}

/** Seconds: "-1.5" is a second and a half before the epoch. */
export function decimal(ns: bigint): string {
  const size = ns < 0n ? -ns : ns
  const fraction = String(size % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${ns < 0n ? '-' : ''}${size / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}`
}
