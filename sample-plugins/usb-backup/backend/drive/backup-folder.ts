// The folder of the plugin on a drive: packs, their indexes, the manifests of snapshots, keys, and the script that restores without us.
// Invariant: each file gets its name when it is whole (createWritable), so that whatever is cut off leaves what was there.

import type { FileSystemDirectoryHandle } from 'plugbay/sdk'
import {
  isReadable,
  type Manifest,
  PACK_NAME,
  readManifest,
  SNAPSHOT_ID,
  writeManifest,
} from '../format/manifest.ts'
import { indexName, type PackIndex, packNumber, readIndex, writeIndex } from '../format/pack-index.ts'
import { type Bytes, type Hash, toHex } from '../format/parts.ts'
import { RESTORE_SCRIPT } from '../format/restore-script.ts'

export interface Snapshots {
  /** Oldest first; those of a newer format too. */
  readonly manifests: readonly Manifest[]
  /** Names of files that cannot be read. */
  readonly damaged: readonly string[]
}

export interface Packs {
  /** Whole, as far as their size tells; in their order. */
  readonly usable: readonly PackIndex[]
  /** Names of files: packs that are missing or of another size than their index says, and indexes that cannot be read. */
  readonly damaged: readonly string[]
  /** Packs without an index: a backup was cut off before they were known to be whole, or the index is lost. */
  readonly strays: readonly string[]
  /** The first number that no pack has. */
  readonly nextNumber: number
}

export class BackupFolder {
  readonly #root: FileSystemDirectoryHandle
  readonly #packs: FileSystemDirectoryHandle
  readonly #snapshots: FileSystemDirectoryHandle

  private constructor(
    root: FileSystemDirectoryHandle,
    { packs, snapshots }: Readonly<Record<'packs' | 'snapshots', FileSystemDirectoryHandle>>,
  ) {
    this.#root = root
    this.#packs = packs
    this.#snapshots = snapshots
  }

  /** Undefined for a drive without backups. @param root the plugin's folder on a volume */
  static async find(root: FileSystemDirectoryHandle): Promise<BackupFolder | undefined> {
    return await unlessMissing(BackupFolder.#open(root, false))
  }

  static async create(root: FileSystemDirectoryHandle): Promise<BackupFolder> {
    return await BackupFolder.#open(root, true)
  }

  static async #open(root: FileSystemDirectoryHandle, create: boolean): Promise<BackupFolder> {
    const packs = await root.getDirectoryHandle('packs', { create })
    const snapshots = await root.getDirectoryHandle('snapshots', { create })
    return new BackupFolder(root, { packs, snapshots })
  }

  get packs(): FileSystemDirectoryHandle {
    return this.#packs
  }

  async readSnapshots(): Promise<Snapshots> {
    const names = (await namesIn(this.#snapshots)).filter((name) => name.endsWith('.json')).sort()
    const read = await eachOf(names, async (name) => {
      const text = await textOf(this.#snapshots, name)
      // A name without content: it was to become a snapshot when the drive was pulled out.
      if (text === undefined || text === '') return undefined
      const manifest = await readManifest(text)
      return manifest !== undefined && name === `${manifest.id}.json` ? manifest : name
    })
    return {
      manifests: read.filter((found) => typeof found === 'object'),
      damaged: read.filter((found) => typeof found === 'string'),
    }
  }

  /** Undefined where there is none, or it is damaged. */
  async readSnapshot(id: string): Promise<Manifest | undefined> {
    if (!SNAPSHOT_ID.test(id)) return undefined
    const text = await textOf(this.#snapshots, `${id}.json`)
    return text === undefined ? undefined : await readManifest(text)
  }

  /** From now on the snapshot is there. */
  async writeSnapshot(manifest: Manifest): Promise<void> {
    await writeFile(this.#snapshots, `${manifest.id}.json`, await writeManifest(manifest))
  }

  async removeSnapshot(id: string): Promise<void> {
    await this.#snapshots.removeEntry(`${id}.json`)
  }

  async readPacks(): Promise<Packs> {
    const names = new Set(await namesIn(this.#packs))
    const packs = [...names].filter((name) => PACK_NAME.test(name))
    const indexes = [...names].filter((name) => /^pack-\d+\.json$/.test(name)).sort()
    const read = await eachOf(indexes, async (name) => {
      const text = await textOf(this.#packs, name)
      // A name without content, as a snapshot may have.
      if (text === undefined || text === '') return undefined
      const index = await readIndex(text)
      if (index === undefined || indexName(index.pack) !== name) return name
      return (await this.#sizeOf(index.pack)) === index.bytes ? index : index.pack
    })
    const usable = read.filter((found) => typeof found === 'object')
    const damaged = read.filter((found) => typeof found === 'string')
    const indexed = new Set([...usable.map(({ pack }) => indexName(pack)), ...damaged.map(indexName)])
    return {
      usable: usable.toSorted((a, b) => packNumber(a.pack) - packNumber(b.pack)),
      damaged,
      strays: packs.filter((name) => !indexed.has(indexName(name))),
      nextNumber: Math.max(0, ...[...packs, ...indexes].map(packNumber)) + 1,
    }
  }

  async openPack(name: string): Promise<ReadableStream<Bytes>> {
    return (await (await this.#packs.getFileHandle(name)).getFile()).stream()
  }

  /** SHA-256, as it is on the drive. */
  async packHash(name: string): Promise<Hash> {
    return toHex(await (await this.#packs.getFileHandle(name)).digest('SHA-256'))
  }

  /** @param index of a pack that was read back */
  async writePackIndex(index: PackIndex): Promise<void> {
    await writeFile(this.#packs, indexName(index.pack), await writeIndex(index))
  }

  /** The index goes first: what has one is whole. */
  async removePack(name: string): Promise<void> {
    for (const file of [indexName(name), name]) await unlessMissing(this.#packs.removeEntry(file))
  }

  /** The key that a passphrase opens; undefined where there is none. */
  async readKey(recipient: string): Promise<Uint8Array | undefined> {
    const file = await unlessMissing(this.#root.getFileHandle(keyName(recipient)))
    return file === undefined ? undefined : await (await file.getFile()).bytes()
  }

  async writeKey(recipient: string, locked: Uint8Array): Promise<void> {
    const there = await this.readKey(recipient)
    if (there?.toBase64() !== locked.toBase64()) await writeFile(this.#root, keyName(recipient), locked)
  }

  async writeRestoreScript(): Promise<void> {
    if ((await textOf(this.#root, 'restore.sh')) !== RESTORE_SCRIPT)
      await writeFile(this.#root, 'restore.sh', RESTORE_SCRIPT)
  }

  async #sizeOf(pack: string): Promise<number | undefined> {
    const handle = await unlessMissing(this.#packs.getFileHandle(pack))
    return handle === undefined ? undefined : (await handle.getFile()).size
  }
}

/** Packs that a snapshot names, by any of these manifests. */
export function namedPacks(manifests: readonly Manifest[]): ReadonlySet<string> {
  return new Set(manifests.flatMap(({ packs }) => packs.map(({ pack }) => pack)))
}

/** Whether all that is needed on the drive is known: if not, nothing may be removed as needless. */
export function isAllKnown({ manifests, damaged }: Snapshots): boolean {
  return damaged.length === 0 && manifests.every(isReadable)
}

/** "key-age1….age": there may be several, of servers that used the drive before. */
function keyName(recipient: string): string {
  if (!/^age1[0-9a-z]+$/.test(recipient)) throw new Error('This is no recipient of age')
  return `key-${recipient}.age`
}

async function namesIn(folder: FileSystemDirectoryHandle): Promise<readonly string[]> {
  return await Array.fromAsync(folder.keys())
}

async function textOf(folder: FileSystemDirectoryHandle, name: string): Promise<string | undefined> {
  const file = await unlessMissing(folder.getFileHandle(name))
  return file === undefined ? undefined : await (await file.getFile()).text()
}

async function writeFile(
  folder: FileSystemDirectoryHandle,
  name: string,
  content: string | Uint8Array,
): Promise<void> {
  const stream = await (await folder.getFileHandle(name, { create: true })).createWritable()
  await stream.write(content as Uint8Array<ArrayBuffer>)
  await stream.close()
}

async function unlessMissing<Value>(found: Promise<Value>): Promise<Value | undefined> {
  try {
    return await found
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return undefined
    throw error
  }
}

/** Several at a time: each is a way to the drive and back. */
async function eachOf<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = []
  for (let start = 0; start < items.length; start += 4)
    results.push(...(await Promise.all(items.slice(start, start + 4).map(work))))
  return results
}
