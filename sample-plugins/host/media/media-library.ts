// The media folders and their files: what lies on the disk, as rows of the database that keep their ids.
// Invariant: an address ("primary/music") or a name becomes a path only here, and only if a row has it: nothing that a browser sends is one.

import { createReadStream, type ReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import { inTransaction } from '../database/open-database.ts'
import { isRootName, ROOT_NAMES, type RootName, type Roots } from './roots.ts'

export interface MediaFolder {
  /** Its address: the root, and the folders in it. */
  readonly id: string
  readonly title: string
  readonly root: RootName
  /** Below the root: [] is the root itself. */
  readonly path: readonly string[]
  readonly files: number
  readonly bytes: number
}

export interface MediaFile {
  readonly id: number
  readonly name: string
  /** Address of its folder. */
  readonly folder: string
  readonly bytes: number
}

interface FoundFolder {
  readonly address: string
  readonly files: readonly { readonly name: string; readonly bytes: number }[]
}

const MAX_DEPTH = 5
const FOLDERS = `SELECT folders.address, count(files.id) AS files, coalesce(sum(files.bytes), 0) AS bytes
  FROM media_folders AS folders LEFT JOIN media_files AS files ON files.folder = folders.address`

export class MediaLibrary {
  readonly #database: DatabaseSync
  readonly #roots: Roots
  #scanning: Promise<void> = Promise.resolve()

  constructor(database: DatabaseSync, roots: Roots) {
    this.#database = database
    this.#roots = roots
  }

  /** Brings the rows up to date with the disk. A file that keeps folder and name keeps its id. */
  async scan(): Promise<void> {
    // One after the other: an older look at the disk must not win over a newer one.
    const scan = () => this.#scan()
    this.#scanning = this.#scanning.then(scan, scan)
    await this.#scanning
  }

  async #scan(): Promise<void> {
    const found: FoundFolder[] = []
    for (const root of ROOT_NAMES) await look(this.#roots.media[root], root, found)
    inTransaction(this.#database, () => this.#store(found))
  }

  folders(): readonly MediaFolder[] {
    return this.#database
      .prepare(`${FOLDERS} GROUP BY folders.address ORDER BY folders.address`)
      .all()
      .flatMap(toFolder)
  }

  folder(id: string): MediaFolder | undefined {
    return this.#database
      .prepare(`${FOLDERS} WHERE folders.address = ? GROUP BY folders.address`)
      .all(id)
      .flatMap(toFolder)[0]
  }

  /** In order of names. */
  filesOf(folderId: string): readonly MediaFile[] {
    return this.#database
      .prepare('SELECT * FROM media_files WHERE folder = ? ORDER BY name')
      .all(folderId)
      .map(toFile)
  }

  file(id: number): MediaFile | undefined {
    const row = this.#database.prepare('SELECT * FROM media_files WHERE id = ?').get(id)
    return row && toFile(row)
  }

  /** Undefined where it has gone since the last scan. */
  async open({ folder, name }: MediaFile): Promise<ReadStream | undefined> {
    const [root, ...path] = folder.split('/')
    if (!isRootName(root)) return undefined
    const stream = createReadStream(join(this.#roots.media[root], ...path, name))
    return await new Promise((resolve) => {
      stream.once('open', () => resolve(stream))
      stream.once('error', () => resolve(undefined))
    })
  }

  #store(found: readonly FoundFolder[]): void {
    this.#database.exec('UPDATE media_folders SET seen = 0; UPDATE media_files SET seen = 0')
    const addFolder = this.#database.prepare(
      'INSERT INTO media_folders (address) VALUES (?) ON CONFLICT DO UPDATE SET seen = 1',
    )
    const addFile = this.#database.prepare(
      `INSERT INTO media_files (folder, name, bytes) VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET bytes = excluded.bytes, seen = 1`,
    )
    for (const { address, files } of found) {
      addFolder.run(address)
      for (const { name, bytes } of files) addFile.run(address, name, bytes)
    }
    this.#database.exec('DELETE FROM media_files WHERE seen = 0; DELETE FROM media_folders WHERE seen = 0')
  }
}

/** Files and folders only: a link could lead anywhere. */
async function look(path: string, address: string, found: FoundFolder[]): Promise<void> {
  const all = await unlessGone(readdir(path, { withFileTypes: true }))
  if (all === undefined) return
  const entries = all.filter(({ name }) => !name.startsWith('.'))
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(
    files.map(async ({ name }) => ({ name, bytes: (await unlessGone(stat(join(path, name))))?.size })),
  )
  found.push({
    address,
    files: sizes.flatMap(({ name, bytes }) => (bytes === undefined ? [] : { name, bytes })),
  })
  if (address.split('/').length > MAX_DEPTH) return
  for (const entry of entries)
    if (entry.isDirectory()) await look(join(path, entry.name), `${address}/${entry.name}`, found)
}

/** Tasks of plugins move files meanwhile. */
async function unlessGone<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function toFolder(row: Readonly<Record<string, SQLOutputValue>>): readonly MediaFolder[] {
  const id = String(row.address)
  const [root, ...path] = id.split('/')
  if (!isRootName(root)) return []
  return [{ id, title: path.at(-1) ?? root, root, path, files: Number(row.files), bytes: Number(row.bytes) }]
}

function toFile(row: Readonly<Record<string, SQLOutputValue>>): MediaFile {
  return { id: Number(row.id), name: String(row.name), folder: String(row.folder), bytes: Number(row.bytes) }
}
