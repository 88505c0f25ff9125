// Makes a snapshot: pins the data of one moment, copies it page by page, and returns it with its checksums.
// Invariant: later writes of the plugin are not in it, and the plugin waits only while the data is pinned.

import { createHash } from 'node:crypto'
import {
  copyFileSync,
  createReadStream,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { BUCKET_FILE, CONTENTS_FOLDER } from '../../../../sdk/protocol/bucket-wire.ts'
import { openBucketFile } from '../bucket/bucket-schema.ts'
import { leaveWal, openPinned } from '../host-data/copy-database.ts'
import { openKvDatabase } from '../kv/kv-database.ts'
import { DATA_FILES, finishImport, KV_FILE } from '../plugin-folder.ts'
import { encodeHead, type SnapshotHeader, type SnapshotPart } from './snapshot-format.ts'

export interface Pinned {
  /** The folder of the plugin. */
  readonly home: string
  /** The time that the data was pinned. */
  readonly time: Date
  readonly files: readonly { readonly name: (typeof DATA_FILES)[number]; readonly database: DatabaseSync }[]
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
  const names = DATA_FILES.filter((name) => isThere(join(home, name), name))
  const files: { name: (typeof DATA_FILES)[number]; database: DatabaseSync }[] = []
  try {
    // A file of an earlier version gets the current tables: an import knows only these.
    if (names.includes(KV_FILE)) openKvDatabase(join(home, KV_FILE)).close()
    if (names.includes(BUCKET_FILE)) openBucketFile(join(home, BUCKET_FILE)).close()
    for (const name of names) files.push({ name, database: openPinned(join(home, name)) })
  } catch (error) {
    for (const { database } of files) database.close()
    throw error
  }
  return { home, time: new Date(), files }
}

/** A bucket that has never held anything is none: with it, a snapshot has another format. */
function isThere(path: string, name: string): boolean {
  return existsSync(path) && (name !== BUCKET_FILE || statSync(path).size > 0)
}

/** Copies the pinned data into the room, and releases the pin. @throws SQLite's or the system's error */
export async function copyPinned(
  { home, time, files }: Pinned,
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
  if (files.some(({ name }) => name === BUCKET_FILE))
    parts.push(linkContents(join(home, CONTENTS_FOLDER), room))
  const header = { plugin, version, createdAt: time.toISOString(), parts }
  const head = encodeHead(header)
  const bytes = parts.reduce((sum, part) => sum + part.bytes, head.length)
  return { bytes, head, header, room }
}

/** The bytes of the snapshot. Throws the system's error. */
export async function* snapshotBytes({ head, header, room }: Copied): AsyncGenerator<Uint8Array> {
  yield head
  for (const { name } of header.parts) {
    if (name !== CONTENTS_FOLDER) yield* createReadStream(join(room, name))
    else
      for (const content of contentsIn(join(room, name))) yield* createReadStream(join(room, name, content))
  }
}

/** Contents never change, so a link is a copy. The runtime removes none of them meanwhile. */
function linkContents(from: string, room: string): SnapshotPart {
  const to = join(room, CONTENTS_FOLDER)
  mkdirSync(to, { mode: 0o700 })
  const names = createHash('sha256')
  let bytes = 0
  const database = new DatabaseSync(join(room, BUCKET_FILE), { readOnly: true, defensive: true })
  try {
    const listed = database.prepare('SELECT sha256, size FROM content WHERE refs > 0 ORDER BY sha256')
    for (const { sha256, size } of listed.iterate()) {
      const name = Buffer.from(sha256 as Uint8Array).toString('hex')
      linkOrCopy(join(from, name), join(to, name))
      names.update(name)
      bytes += Number(size)
    }
  } finally {
    database.close()
  }
  return { name: CONTENTS_FOLDER, bytes, sha256: names.digest('hex') }
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    // Not every file system has links, and none has any number of them to a file.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') throw error
    copyFileSync(from, to)
  }
}

function contentsIn(folder: string): readonly string[] {
  return readdirSync(folder).sort()
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}
