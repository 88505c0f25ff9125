// The files and folders of a folder, in order of their names, each file open. Links and special files are left out.
// Invariant: no link is followed that was one when its name was read; a file that changes while it is read keeps the size that it had.

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

const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants

interface FoundFolder {
  readonly type: 'folder'
  /** In the snapshot. */
  readonly path: string
  readonly stats: BigIntStats
}

export interface FoundFile extends Omit<FoundFolder, 'type'> {
  readonly type: 'file'
  readonly size: number
  /** Closed when the next one is asked for. */
  readonly fd: number
}

export type Found = FoundFolder | FoundFile

/** Called with the path of a file that could not be read. */
export type OnLeftOut = (path: string) => void

/** Work on files is synchronous: this process does nothing else. @throws the system's error for the folder itself */
export function* walkFolder(
  root: string,
  as: string,
  onLeftOut: OnLeftOut,
): Generator<Found, void, undefined> {
  const folders: { readonly path: string; readonly as: string }[] = [{ path: root, as }]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const names = namesIn(folder.path, folder.path === root ? undefined : onLeftOut)
    const own = lstatSync(folder.path, { bigint: true, throwIfNoEntry: false })
    if (names === undefined || own === undefined) continue
    yield { type: 'folder', path: folder.as, stats: own }
    const inside: { readonly path: string; readonly as: string }[] = []
    for (const name of names) {
      const path = join(folder.path, name)
      const found = lstatSync(path, { bigint: true, throwIfNoEntry: false })
      const child = { path, as: `${folder.as}/${name}` }
      if (found?.isDirectory() === true) inside.push(child)
      else if (found?.isFile() === true) yield* openFound(child, onLeftOut)
      // A name that is not UTF-8 is not found under the name that was read.
      else if (found === undefined && name.includes('\ufffd')) onLeftOut(path)
    }
    folders.push(...inside.reverse())
  }
}

/** A file that was made for the snapshot: the copy of a database. */
export function* walkCopy(path: string, as: string): Generator<Found, void, undefined> {
  yield* openFound({ path, as }, (missing) => {
    throw new Error(`The copy "${missing}" has gone`)
  })
}

/** Reads from the position until the space is full. A file that was cut goes on with zeros. */
export function readFully(fd: number, space: Buffer, position: number): void {
  for (let done = 0; done < space.length; ) {
    const read = readSync(fd, space, done, space.length - done, position + done)
    if (read === 0) return void space.fill(0, done)
    done += read
  }
}

function* openFound(
  { path, as }: { readonly path: string; readonly as: string },
  onLeftOut: OnLeftOut,
): Generator<FoundFile, void, undefined> {
  const fd = openFile(path, onLeftOut)
  if (fd === undefined) return
  try {
    const stats = fstatSync(fd, { bigint: true })
    if (stats.isFile()) yield { type: 'file', path: as, stats, size: Number(stats.size), fd }
  } finally {
    closeSync(fd)
  }
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

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
