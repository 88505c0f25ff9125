// Every operation stands in the folder that it works in: this process changes its current folder one name at a time, checks after
// each step where it is, and then uses one name only.
// Invariant: no path with more than one name that a guest or a drive has chosen ever reaches the system, so that nothing on the way
// can be a link: whatever is exchanged meanwhile, the current folder is the one that was checked.
// The current folder is the handle that Node has in place of openat(): it cannot be renamed away, on no system.

import { type BigIntStats, lstatSync, opendirSync, statSync } from 'node:fs'
import { FileError } from '../../../sdk/protocol/file-error.ts'
import { mayBeAlias, spellingsOf } from '../../../sdk/protocol/file-names.ts'
import { fileErrorOf, notFound, notThisKind } from './system-errors.ts'

/** A place below the granted root. */
export interface Place {
  /** Absolute, chosen by the operator or the application. */
  readonly root: string
  /** Names below it. */
  readonly path: readonly string[]
}

/** Taken before confineProcess() removes it. */
const chdir = process.chdir.bind(process)
const IN_PATHS = process.platform === 'win32' ? /[/\\\0]/ : /[/\0]/
/** A step is tried again when the folder was exchanged at that moment, or its file system has just given it another number. */
const TRIES = 4

/** Does the work while the current folder is the place, and leaves it: a drive that is stood on cannot be unmounted. */
export function standIn<T>({ root, path }: Place, work: () => T): T {
  try {
    let tries = TRIES
    while (!walk(root, path)) if (--tries === 0) throw exchanged()
    return work()
  } catch (error) {
    throw fileErrorOf(error)
  } finally {
    chdir('/')
  }
}

/** The same in the folder of the last name. */
export function standAbove<T>({ root, path }: Place, work: (name: string) => T): T {
  const name = path.at(-1)
  if (name === undefined) throw new FileError('NotAllowedError', 'The granted folder itself stays as it is')
  return standIn({ root, path: path.slice(0, -1) }, () => work(name))
}

/** The entry of that name in the current folder; undefined if there is none. Links are not followed. */
export function look(name: string): BigIntStats | undefined {
  // The runtime has checked it: this process has no other wall where there is no jail.
  if (name === '' || name === '.' || name === '..' || IN_PATHS.test(name))
    throw new Error('a name that is a path')
  const found = lstatSync(name, { bigint: true, throwIfNoEntry: false })
  if (found !== undefined && !isItsName(name, found)) throw notFound()
  return found
}

/** The code of the reply when the root itself is not there. */
const ROOT_GONE = 'FOLDER_GONE'

function gone(error: unknown): Error {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'removed'
  return Object.assign(new Error(`The folder is not there any more (${reason})`), { code: ROOT_GONE })
}

/** False: a folder was exchanged meanwhile, and the current folder may be any. */
function walk(root: string, path: readonly string[]): boolean {
  try {
    chdir(root)
  } catch (error) {
    throw gone(error)
  }
  const { dev, nlink } = statSync('.', { bigint: true })
  // It was removed, and is still mounted in the jail.
  if (nlink === 0n) throw gone(undefined)
  return path.every((name) => step(name, dev))
}

function step(name: string, dev: bigint): boolean {
  const before = look(name)
  if (before === undefined) throw notFound()
  if (!before.isDirectory()) throw notThisKind('It is not a folder')
  if (before.dev !== dev) throw notThisKind('Another drive is mounted there')
  try {
    chdir(name)
    const here = statSync('.', { bigint: true })
    return here.dev === dev && here.ino === before.ino
  } catch {
    // It has gone, or it was exchanged for a link to a place that this process may not even look at: the next try finds out.
    return false
  }
}

function exchanged(): FileError {
  return new FileError('NotFoundError', 'The folder was exchanged while it was opened')
}

/**
 * Whether the entry has this very name, on file systems that find it under others too. Two names of one file would escape locks and
 * lists.
 */
function isItsName(name: string, { dev, ino }: BigIntStats): boolean {
  const isFoundBy = (spelling: string) => {
    const other = lstatSync(spelling, { bigint: true, throwIfNoEntry: false })
    return other !== undefined && other.ino === ino && other.dev === dev
  }
  if (!mayBeAlias(name) && !spellingsOf(name).some(isFoundBy)) return true
  const folder = opendirSync('.')
  try {
    for (let entry = folder.readSync(); entry !== null; entry = folder.readSync())
      if (entry.name === name) return true
    return false
  } finally {
    folder.closeSync()
  }
}
