// What folders hold, and what their drive has left.

import { accessSync, constants, lstatSync, opendirSync, statfsSync } from 'node:fs'
import { FileError } from '../../../sdk/protocol/file-error.ts'
import { type Place, standIn } from './stand.ts'

/** An entry takes space beside its content; so the number of entries is limited too. */
export const ENTRY_BYTES = 4096
/** Folders that are still to be counted. */
const MAX_WAITING = 10_000

export interface Measure {
  readonly bytes: number
  /** Folders below the place that are not counted yet. */
  readonly waiting: readonly (readonly string[])[]
}

/** Counts a part of the folders: it is called with what it leaves until nothing is. */
export function measure(
  { root, path }: Place,
  { waiting, budgetMs }: { readonly waiting: readonly (readonly string[])[]; readonly budgetMs: number },
): Measure {
  const until = performance.now() + budgetMs
  const left = [...waiting]
  let bytes = 0
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const below = next
    const found = count({ root, path: [...path, ...below] })
    bytes += found.bytes
    for (const name of found.folders) left.push([...below, name])
    if (left.length > MAX_WAITING)
      throw new FileError('QuotaExceededError', 'There are too many folders to count')
    if (performance.now() > until) break
  }
  return { bytes, waiting: left }
}

function count(place: Place): { readonly bytes: number; readonly folders: readonly string[] } {
  let bytes = 0
  const folders: string[] = []
  try {
    standIn(place, () => {
      const folder = opendirSync('.')
      try {
        for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
          bytes += ENTRY_BYTES
          if (entry.isDirectory()) folders.push(entry.name)
          else bytes += lstatSync(entry.name, { throwIfNoEntry: false })?.size ?? 0
        }
      } finally {
        folder.closeSync()
      }
    })
  } catch (error) {
    // It was removed meanwhile, or it is a drive of its own.
    if (!(error instanceof FileError)) throw error
  }
  return { bytes, folders }
}

export interface DriveFacts {
  readonly isWritable: boolean
  readonly freeBytes: number
  readonly totalBytes: number
  /** The number that the system has for its kind; 0 where it has none. */
  readonly type: number
}

export function driveFacts(root: string): DriveFacts {
  return standIn({ root, path: [] }, () => {
    const { bsize, bavail, blocks, type } = statfsSync('.')
    return { isWritable: mayWrite(), freeBytes: bsize * bavail, totalBytes: bsize * blocks, type }
  })
}

function mayWrite(): boolean {
  try {
    accessSync('.', constants.W_OK)
    return true
  } catch {
    return false // The refusal is the answer.
  }
}
