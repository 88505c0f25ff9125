// Unpacks a snapshot beside the data that it is to replace.
// Invariant: nothing is written outside the places of the plan; when it resolves, every part is complete, checked and flushed.

import {
  closeSync,
  fsyncSync,
  futimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  statfsSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Unpacked, UnpackPlan } from '../../host/host-data-call.ts'
import { DataError } from '../data-error.ts'
import { type ChosenPart, choose, readManifest } from './manifest.ts'
import { damaged, type ReadEntry, readTar } from './tar-reader.ts'

/** Left free on every drive. */
const RESERVE_BYTES = 64 * 1024 * 1024
/** The space of a drive is looked up after so many bytes. */
const LOOK_BYTES = 16 * 1024 * 1024

/** @throws DataError SNAPSHOT_INVALID, STATE_CONFLICT, NOT_FOUND, STORE_FULL; the system's error */
export async function unpack(source: AsyncIterable<Uint8Array>, plan: UnpackPlan): Promise<Unpacked> {
  const entries = readTar(source)
  try {
    const first = await entries.next()
    const manifest = await readManifest(first.value ?? undefined)
    const known = new Set(manifest.sources.map(({ name }) => name))
    const chosen = new Map(choose(manifest, plan).map((part) => [part.name, part]))
    const complete = new Set<string>()
    let unseen = Number.POSITIVE_INFINITY
    for await (const entry of entries) {
      const [name = ''] = entry.path
      if (!known.has(name)) throw damaged(`it has "${name}", which its manifest does not name`)
      const part = chosen.get(name)
      if (part === undefined) continue
      // Other programs have an entry for each folder.
      if (part.kind !== 'folder' && entry.type === 'folder' && entry.path.length === 1) continue
      const path = placeOf(part, entry)
      unseen += entry.size
      if (unseen > LOOK_BYTES && entry.type === 'file') {
        requireSpace(part.to, entry.size)
        unseen = 0
      }
      if (entry.type === 'folder') makeFolder(path, entry.mode)
      else await writeFile(path, entry, part.kind === 'folder' ? entry.mode : 0o600)
      if (isWhole(part, entry)) complete.add(name)
    }
    for (const part of chosen.values()) {
      if (!complete.has(part.name)) throw damaged(`it lacks the data "${part.name}"`)
      finish(part)
    }
    const names = (isLater: boolean) =>
      [...chosen.values()].filter((part) => part.isLater === isLater).map(({ name }) => name)
    return { now: names(false), later: names(true) }
  } finally {
    await entries.return()
  }
}

/** Where an entry goes. */
function placeOf({ kind, name, to }: ChosenPart, { path, type }: ReadEntry): string {
  const [, ...inside] = path
  if (kind === 'folder') return join(to, ...inside)
  const [first, ...below] = inside
  if (kind === 'store') {
    if (first === 'store.sqlite' && below.length === 0 && type === 'file') return join(to, first)
    if (first === 'artifacts') return join(to, first, ...below)
  } else if (inside.length === 1 && type === 'file' && first === FILES[kind]) return to
  throw damaged(`"${path.join('/')}" is no part of the data "${name}"`)
}

const FILES = { database: 'data.sqlite', plugin: 'data.plugbay' } as const

/** The entry without which the part would not be whole: a folder itself, or the one file. */
function isWhole({ kind }: ChosenPart, { path }: ReadEntry): boolean {
  return kind === 'folder' ? path.length === 1 : path.length === 2 && path[1] !== 'artifacts'
}

function makeFolder(path: string, mode: number): void {
  try {
    mkdirSync(path, { recursive: true, mode: mode | 0o700 })
  } catch (error) {
    throw placeError(path, error)
  }
}

async function writeFile(path: string, { content, mtime }: ReadEntry, mode: number): Promise<void> {
  makeFolder(dirname(path), 0o755)
  let fd: number
  try {
    fd = openSync(path, 'wx', mode)
  } catch (error) {
    throw placeError(path, error)
  }
  try {
    for await (const chunk of content)
      for (let done = 0; done < chunk.byteLength; ) done += writeSync(fd, chunk, done)
    futimesSync(fd, mtime, mtime)
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function placeError(path: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR'
    ? damaged(`it has "${path.split('/').at(-1)}" twice`, error)
    : error
}

function requireSpace(place: string, size: number): void {
  let folder = place
  for (;;) {
    try {
      const { bavail, bsize } = statfsSync(folder)
      if (bavail * bsize < size + RESERVE_BYTES)
        throw new DataError('STORE_FULL', 'There is not enough space to unpack the snapshot')
      return
    } catch (error) {
      // Nothing of it has been made yet.
      if (
        !(error instanceof Error && 'code' in error && error.code === 'ENOENT') ||
        dirname(folder) === folder
      )
        throw error
      folder = dirname(folder)
    }
  }
}

function finish({ kind, name, to }: ChosenPart): void {
  if (kind === 'folder') flushFolders(to)
  else if (kind === 'database') requireSound(to, name)
  else if (kind === 'store') {
    requireSound(join(to, 'store.sqlite'), name, 'SELECT count(*) FROM installations')
    flushFolders(to)
  }
  flushFolder(dirname(to))
}

/** @param query that an honest one can answer */
function requireSound(path: string, name: string, query = 'SELECT count(*) FROM sqlite_schema'): void {
  const bad = (cause?: unknown) => damaged(`the database of "${name}" is not sound`, cause)
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(path, { readOnly: true, defensive: true, limits: { attach: 0 } })
    database.exec('PRAGMA trusted_schema = OFF')
    database.prepare(query).get()
    const checked = database.prepare('PRAGMA quick_check(1)').get() ?? {}
    if (Object.values(checked)[0] !== 'ok') throw bad()
  } catch (error) {
    throw error instanceof DataError ? error : bad(error)
  } finally {
    database?.close()
  }
}

function flushFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) flushFolders(join(folder, entry.name))
  flushFolder(folder)
}

export function flushFolder(folder: string): void {
  // Windows opens no folders, and keeps names by itself.
  if (process.platform === 'win32') return
  const fd = openSync(folder, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}
