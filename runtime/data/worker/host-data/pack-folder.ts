// A folder as entries of a tar: files and folders, in order of their names. Links and special files are left out.
// Invariant: no link is followed that was one when its name was read; a file that changes while it is read keeps the size of its header.

import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
} from 'node:fs'
import { join } from 'node:path'
import { padding, tarHeader } from './tar-header.ts'

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants
/** Given out at once: many small files fill one piece. */
const PIECE = 256 * 1024

/** Called with the path of a file that could not be packed. */
type OnLeftOut = (path: string) => void

/** Work on files is synchronous: this process does nothing else. @throws the system's error for the folder itself */
export function* packFolder(
  root: string,
  as: string,
  onLeftOut: OnLeftOut,
): Generator<Uint8Array, void, void> {
  const pieces = new Pieces()
  const folders: { readonly path: string; readonly as: string }[] = [{ path: root, as }]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const names = namesIn(folder.path, folder.path === root ? undefined : onLeftOut)
    const own = lstatSync(folder.path, { bigint: true, throwIfNoEntry: false })
    if (names === undefined || own === undefined) continue
    pieces.add(tarHeader({ ...factsOf(own), type: 'folder', path: folder.as }))
    const inside: { readonly path: string; readonly as: string }[] = []
    for (const name of names) {
      const path = join(folder.path, name)
      const found = lstatSync(path, { bigint: true, throwIfNoEntry: false })
      const child = { path, as: `${folder.as}/${name}` }
      if (found?.isDirectory() === true) inside.push(child)
      else if (found?.isFile() === true) yield* packFile(child, pieces, onLeftOut)
      // A name that is not UTF-8 is not found under the name that was read.
      else if (found === undefined && name.includes('\ufffd')) onLeftOut(path)
      if (pieces.isFull) yield pieces.take()
    }
    folders.push(...inside.reverse())
  }
  yield pieces.take()
}

function* packFile(
  { path, as }: { readonly path: string; readonly as: string },
  pieces: Pieces,
  onLeftOut: OnLeftOut,
): Generator<Uint8Array, void, void> {
  const fd = openFile(path, onLeftOut)
  if (fd === undefined) return
  try {
    const stats = fstatSync(fd, { bigint: true })
    if (!stats.isFile()) return
    const size = Number(stats.size)
    pieces.add(tarHeader({ ...factsOf(stats), size, type: 'file', path: as }))
    for (let done = 0; done < size; ) {
      if (pieces.isFull) yield pieces.take()
      const space = pieces.space(size - done)
      const read = readSync(fd, space, 0, space.length, done)
      // It was cut: the rest is zeros.
      if (read === 0) space.fill(0)
      const got = read === 0 ? space.length : read
      pieces.filled(got)
      done += got
    }
    pieces.add(padding(size))
  } finally {
    closeSync(fd)
  }
}

/** A file of a database that was copied. */
export function* packCopy(path: string, as: string): Generator<Uint8Array, void, void> {
  const pieces = new Pieces()
  yield* packFile({ path, as }, pieces, (missing) => {
    throw new Error(`The copy "${missing}" has gone`)
  })
  yield pieces.take()
}

function openFile(path: string, onLeftOut: OnLeftOut): number | undefined {
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (error) {
    // It was removed or exchanged meanwhile, which is like a moment later.
    if (!['ENOENT', 'ELOOP'].includes(codeOf(error))) onLeftOut(path)
    return undefined
  }
}

/** @param onLeftOut without it, the error is thrown */
function namesIn(folder: string, onLeftOut: OnLeftOut | undefined): readonly string[] | undefined {
  try {
    return readdirSync(folder).sort()
  } catch (error) {
    if (onLeftOut === undefined) throw error
    if (codeOf(error) !== 'ENOENT') onLeftOut(folder)
    return undefined
  }
}

function factsOf({ mode, uid, gid, mtimeNs }: BigIntStats) {
  return { mode: Number(mode & 0o777n), uid: Number(uid), gid: Number(gid), mtimeNs, size: 0 }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

/** Collects bytes into pieces of one size. */
class Pieces {
  #piece = Buffer.allocUnsafeSlow(PIECE)
  #length = 0
  readonly #over: Buffer[] = []

  get isFull(): boolean {
    return this.#length === PIECE || this.#over.length > 0
  }

  /** Adds bytes that are few. */
  add(bytes: Buffer): void {
    const fit = Math.min(bytes.length, PIECE - this.#length)
    bytes.copy(this.#piece, this.#length, 0, fit)
    this.#length += fit
    if (fit < bytes.length) this.#over.push(bytes.subarray(fit))
  }

  /** Where the next bytes can be read to; not empty while it is not full. */
  space(wanted: number): Buffer {
    return this.#piece.subarray(this.#length, Math.min(PIECE, this.#length + wanted))
  }

  filled(bytes: number): void {
    this.#length += bytes
  }

  /** What is collected; the next begins with what did not fit. */
  take(): Uint8Array {
    const taken = this.#piece.subarray(0, this.#length)
    this.#piece = Buffer.allocUnsafeSlow(PIECE)
    this.#length = 0
    for (const bytes of this.#over.splice(0)) this.add(bytes)
    return taken
  }
}
