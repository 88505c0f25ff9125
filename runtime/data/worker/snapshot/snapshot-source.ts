// Makes a snapshot: pins the data of one moment, copies it page by page, and returns it with its checksums.
// Invariant: later writes of the plugin are not in it, and the plugin waits only while the data is pinned.

import { createHash } from 'node:crypto'
import { createReadStream, existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { backup, type DatabaseSync } from 'node:sqlite'
import { leaveWal, openPinned } from '../host-data/copy-database.ts'
import { openKvDatabase } from '../kv/kv-database.ts'
import { DATA_FILES, finishImport, KV_FILE } from '../plugin-folder.ts'
import { encodeHead, type SnapshotHeader, type SnapshotPart } from './snapshot-format.ts'

export interface Pinned {
  /** The time that the data was pinned. */
  readonly time: Date
  readonly files: readonly { readonly name: SnapshotPart['name']; readonly database: DatabaseSync }[]
}

export interface Copied {
  /** Size of the whole snapshot. */
  readonly bytes: number
  readonly head: Uint8Array
  readonly header: SnapshotHeader
  readonly room: string
}

/** Pages of one step; other work of the process runs between two steps. */
const STEP_PAGES = 2000

/** No other process is executing calls on the plugin's files. @throws SQLite's error */
export function pin(home: string): Pinned {
  finishImport(home)
  const names = DATA_FILES.filter((name) => existsSync(join(home, name)))
  const files: { name: SnapshotPart['name']; database: DatabaseSync }[] = []
  try {
    // A file of an earlier version gets the current tables: an import knows only these.
    if (names.includes(KV_FILE)) openKvDatabase(join(home, KV_FILE)).close()
    for (const name of names) files.push({ name, database: openPinned(join(home, name)) })
  } catch (error) {
    for (const { database } of files) database.close()
    throw error
  }
  return { time: new Date(), files }
}

/** Copies the pinned data into the room, and releases the pin. @throws SQLite's or the system's error */
export async function copyPinned(
  { time, files }: Pinned,
  about: { readonly plugin: string; readonly version: string | null; readonly room: string },
): Promise<Copied> {
  const { plugin, version, room } = about
  const parts: SnapshotPart[] = []
  for (const { name, database } of files) {
    const copy = join(room, name)
    await backup(database, copy, { rate: STEP_PAGES })
    database.close()
    leaveWal(copy)
    parts.push({ name, bytes: statSync(copy).size, sha256: await hashOf(copy) })
  }
  const header = { plugin, version, createdAt: time.toISOString(), parts }
  const head = encodeHead(header)
  const bytes = parts.reduce((sum, part) => sum + part.bytes, head.length)
  return { bytes, head, header, room }
}

/** The bytes of the snapshot. Throws the system's error. */
export async function* snapshotBytes({ head, header, room }: Copied): AsyncGenerator<Uint8Array> {
  yield head
  for (const { name } of header.parts) yield* createReadStream(join(room, name))
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}
