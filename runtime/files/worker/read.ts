// Looks at files and reads them: every piece opens the file again, so that nothing stays open for a reader that has stopped.
// Invariant: only regular files are opened, and a piece is of the version that was asked for.

import { type BigIntStats, closeSync, constants, fstatSync, openSync, read } from 'node:fs'
import { promisify } from 'node:util'
import { FileError } from '../../../sdk/protocol/file-error.ts'
import type { EntryKind, FileFacts } from '../../../sdk/protocol/file-wire.ts'
import { look, type Place, standAbove, standIn } from './stand.ts'
import { fileErrorOf, notFound, notThisKind } from './system-errors.ts'

const readBytes = promisify(read)
/** Absent on Windows, where the identity is compared after opening. A pipe must not make the process wait. */
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants
const READ_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK

/** @throws FileError NotFoundError, TypeMismatchError */
export function find(place: Place, kind: EntryKind): void {
  if (place.path.length === 0) return standIn(place, () => undefined)
  standAbove(place, (name) => requireKind(look(name) ?? fail(), kind))
}

export function factsOf(place: Place): FileFacts {
  return standAbove(place, (name) => {
    const found = look(name) ?? fail()
    requireKind(found, 'file')
    return { size: Number(found.size), lastModified: Number(found.mtimeMs), version: versionOf(found) }
  })
}

export interface Piece {
  readonly version: string
  readonly start: number
  readonly length: number
}

/** May be shorter at the end of the file. Rejects with a FileError. */
export async function readPiece(place: Place, { version, start, length }: Piece): Promise<Uint8Array> {
  const fd = standAbove(place, (name) => openFile(name))
  try {
    requireVersion(fd, version)
    const bytes = Buffer.allocUnsafeSlow(length)
    let filled = 0
    while (filled < length) {
      const { bytesRead } = await readBytes(fd, bytes, filled, length - filled, start + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    // What was written meanwhile is in the piece, or not.
    requireVersion(fd, version)
    return bytes.subarray(0, filled)
  } catch (error) {
    throw fileErrorOf(error)
  } finally {
    closeSync(fd)
  }
}

/** For reading, in the current folder. */
export function openFile(name: string): number {
  const before = look(name) ?? fail()
  requireKind(before, 'file')
  const fd = openSync(name, READ_FLAGS)
  const opened = fstatSync(fd, { bigint: true })
  if (opened.isFile() && opened.ino === before.ino) return fd
  closeSync(fd)
  throw new FileError('NotFoundError', 'The file was exchanged while it was opened')
}

export function requireKind(found: BigIntStats, kind: EntryKind): void {
  const actual = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : undefined
  if (actual === kind) return
  throw notThisKind(
    actual === undefined
      ? 'It is a link, a pipe, a socket or a device'
      : actual === 'file'
        ? 'It is a file'
        : 'It is a folder',
  )
}

export function requireVersion(fd: number, version: string): void {
  if (versionIn(fd) !== version)
    throw new FileError('NotReadableError', 'The file has changed since getFile()')
}

export function versionIn(fd: number): string {
  return versionOf(fstatSync(fd, { bigint: true }))
}

function versionOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  // Changes of a name or of rights change ctime too; on some systems it is all that tells of a quick second write.
  return `${ino}-${size}-${mtimeNs}-${ctimeNs}`
}

function fail(): never {
  throw notFound()
}
