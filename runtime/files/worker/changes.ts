// Creates, removes and renames entries of one folder.
// Invariant: nothing that exists is overwritten but a file by a file; what is removed is the entry itself, never what a link names.

import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs'
import { FileError } from '../../../sdk/protocol/file-error.ts'
import { isPortableName, UNFINISHED_PREFIX } from '../../../sdk/protocol/file-names.ts'
import type { EntryKind } from '../../../sdk/protocol/file-wire.ts'
import { flushEntry, flushFolder } from './flushing.ts'
import { requireKind } from './read.ts'
import { look, type Place, standAbove, standIn } from './stand.ts'
import { notFound } from './system-errors.ts'

/** Whether it was made now. */
export function create(place: Place, kind: EntryKind): boolean {
  return standAbove(place, (name) => {
    const found = look(name)
    if (found !== undefined) {
      requireKind(found, kind)
      return false
    }
    requirePortable(name)
    if (kind === 'directory') {
      mkdirSync(name)
      flushEntry(name) // What is committed in it lasts only if it does itself.
    } else closeSync(openSync(name, 'wx'))
    return true
  })
}

/** Makes the folders of a path that are missing. */
export function createAll({ root, path }: Place): void {
  for (let depth = 1; depth <= path.length; depth++) create({ root, path: path.slice(0, depth) }, 'directory')
}

/** Entries that were removed, and the bytes of their files. */
export interface Removal {
  readonly isDone: boolean
  readonly entries: number
  readonly bytes: number
}

/** A part of the work for a folder with its content: it is called until it is done. */
export function remove(
  place: Place,
  options: { readonly recursive: boolean; readonly budgetMs: number },
): Removal {
  const { kind, size } = standAbove(place, (name) => {
    const found = look(name) ?? missing()
    return { kind: found.isDirectory() ? 'directory' : 'file', size: Number(found.size) }
  })
  if (kind === 'file') {
    standAbove(place, (name) => {
      unlinkSync(name)
      flushFolder()
    })
    return { isDone: true, entries: 1, bytes: size }
  }
  if (options.recursive) {
    const part = empty(place, performance.now() + options.budgetMs)
    if (!part.isDone) return part
    removeFolder(place)
    return { ...part, entries: part.entries + 1 }
  }
  removeFolder(place)
  return { isDone: true, entries: 1, bytes: 0 }
}

/** Only the content. Iterative: a drive may hold folders nested deeper than the stack. */
function empty(place: Place, until: number): Removal {
  let entries = 0
  let bytes = 0
  const open: string[] = []
  for (;;) {
    const here = { root: place.root, path: [...place.path, ...open] }
    const inner = standIn(here, () => {
      for (const entry of readdirSync('.', { withFileTypes: true })) {
        const found = lstatSync(entry.name, { bigint: true, throwIfNoEntry: false })
        if (found === undefined) continue
        if (found.isDirectory()) return entry.name
        unlinkSync(entry.name)
        entries++
        if (found.isFile()) bytes += Number(found.size)
      }
      return undefined
    })
    if (inner !== undefined) open.push(inner)
    else {
      const name = open.pop()
      if (name === undefined) return { isDone: true, entries, bytes }
      standIn({ root: place.root, path: [...place.path, ...open] }, () => rmdirSync(name))
      entries++
    }
    if (performance.now() > until) return { isDone: false, entries, bytes }
  }
}

function removeFolder(place: Place): void {
  standAbove(place, (name) => {
    try {
      rmdirSync(name)
    } catch (error) {
      if (!isNotEmpty(error) || !standIn(place, clearUnfinished)) throw error
      // That has left this folder.
      return standAbove(place, (again) => {
        rmdirSync(again)
        flushFolder()
      })
    }
    flushFolder()
  })
}

function isNotEmpty(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOTEMPTY' || error.code === 'EEXIST')
}

/** A folder looks empty to its plugin when it holds only what a killed server has left unfinished. */
function clearUnfinished(): boolean {
  const names = readdirSync('.')
  if (!names.every((name) => name.startsWith(UNFINISHED_PREFIX))) return false
  for (const name of names) unlinkSync(name)
  return true
}

/** Within its folder. Resolves with the size of the file that it replaced. */
export function rename(place: Place, to: string): number | null {
  return standAbove(place, (name) => {
    const found = look(name) ?? missing()
    const kind: EntryKind = found.isDirectory() ? 'directory' : 'file'
    requireKind(found, kind)
    const replaced = look(to)
    if (replaced === undefined) requirePortable(to)
    else if (kind !== 'file' || !replaced.isFile())
      throw new FileError('InvalidModificationError', 'There is already an entry of that name')
    renameSync(name, to)
    flushEntry(to)
    return replaced === undefined ? null : Number(replaced.size)
  })
}

export function requirePortable(name: string): void {
  if (!isPortableName(name))
    throw new FileError('TypeError', 'Not every system could hold a file of that name: it is not created')
}

function missing(): never {
  throw notFound()
}
