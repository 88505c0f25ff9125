// "Verify": reads every pack, and holds the file against its hash, each object in it against its name, and the lists of files of each snapshot
// against the objects. What is encrypted with a key that is not known is checked as a file. Names what is damaged, and which snapshots need it.

import { isReadable, type Manifest } from '../format/manifest.ts'
import type { PackIndex } from '../format/pack-index.ts'
import { DamagedPack, PackReader } from '../format/pack-reader.ts'
import type { Bytes, Hash } from '../format/parts.ts'
import { WrongRange } from '../format/ranges.ts'
import { SealError } from '../format/seal.ts'
import { type BackupFolder, namedPacks } from './backup-folder.ts'
import { MissingObject, ObjectReader } from './object-reader.ts'
import { objectCounts, placesOf, Uses } from './places.ts'
import { treeOf } from './restore-stream.ts'

export interface DriveCheck {
  readonly packs: number
  readonly snapshots: number
  /** Names of files. */
  readonly damaged: readonly string[]
  /** Ids of snapshots that cannot be restored completely. */
  readonly incomplete: readonly string[]
  /** Packs whose key is not known. */
  readonly locked: number
}

export interface CheckOptions {
  readonly signal: AbortSignal
  /** The key of a recipient, as far as it is known. */
  readonly identityOf: (recipient: string) => Promise<string | undefined>
  readonly begun: (bytes: number) => void
  readonly count: (bytes: number) => void
  /** Resolves when so much more may be read. */
  readonly spend: (bytes: number) => Promise<void>
}

export async function checkDrive(folder: BackupFolder, options: CheckOptions): Promise<DriveCheck> {
  const { manifests, damaged: damagedSnapshots } = await folder.readSnapshots()
  const { usable, damaged: damagedPacks } = await folder.readPacks()
  const named = namedPacks(manifests)
  const whole = new Map<string, PackIndex>()
  const damaged = new Set([...damagedSnapshots, ...damagedPacks])
  let locked = 0
  options.begun(usable.reduce((sum, { bytes }) => sum + bytes, 0))
  for (const index of usable) {
    const { pack, recipient } = index
    const identity = recipient === null ? undefined : await options.identityOf(recipient)
    const isLocked = recipient !== null && identity === undefined
    if (isLocked) locked++
    const isWhole =
      (await isFileWhole(folder, index, options)) &&
      (isLocked || (await areObjectsWhole(folder, index, { ...options, identity })))
    if (isWhole) whole.set(pack, index)
    // Nothing is lost with one that no snapshot names: the next backup removes it.
    else if (named.has(pack)) damaged.add(pack)
  }
  for (const pack of named) if (!whole.has(pack)) damaged.add(pack)
  const incomplete: string[] = []
  for (const manifest of manifests) {
    options.signal.throwIfAborted()
    if (manifest.packs.some(({ pack }) => !whole.has(pack))) incomplete.push(manifest.id)
    else if (!(await isComplete(folder, manifest, { ...options, whole }))) {
      incomplete.push(manifest.id)
      damaged.add(`${manifest.id}.json`)
    }
  }
  return {
    packs: usable.length,
    snapshots: manifests.length + damagedSnapshots.length,
    damaged: [...damaged].sort(),
    incomplete,
    locked,
  }
}

/** False for a file that the drive cannot read, too: a broken sector is what is looked for. */
async function isFileWhole(
  folder: BackupFolder,
  { pack, bytes, sha256 }: PackIndex,
  { signal, count }: CheckOptions,
): Promise<boolean> {
  signal.throwIfAborted()
  const found = await unlessDamaged(folder.packHash(pack))
  count(bytes / 2)
  return found === sha256
}

async function areObjectsWhole(
  folder: BackupFolder,
  { pack, bytes, objects }: PackIndex,
  { identity, signal, count, spend }: CheckOptions & { readonly identity: string | undefined },
): Promise<boolean> {
  const reader = new PackReader(pack, await folder.openPack(pack), identity)
  const share = bytes / 2 / Math.max(1, objects.length)
  try {
    for (const [position, { hash, size }] of objects.entries()) {
      signal.throwIfAborted()
      const object = await unlessDamaged(reader.read(position, hash))
      if (object?.byteLength !== size) return false
      count(share)
      await spend(size)
    }
    return true
  } finally {
    await reader.close()
  }
}

/** Whether every part of every file in it is among the objects that it names. Its packs are whole. */
async function isComplete(
  folder: BackupFolder,
  manifest: Manifest,
  { identityOf, whole }: CheckOptions & { readonly whole: ReadonlyMap<string, PackIndex> },
): Promise<boolean> {
  const { recipient } = manifest
  const identity = recipient === null ? undefined : await identityOf(recipient)
  if (!isReadable(manifest) || (recipient !== null && identity === undefined)) return true
  const packs = manifest.packs.map(({ pack }) => whole.get(pack)).filter((index) => index !== undefined)
  const places = placesOf(packs)
  const uses = new Uses()
  const isThere = (hash: Hash) => {
    const place = places.get(hash)
    return place !== undefined && uses.of(place.pack).has(place.position)
  }
  const objects = new ObjectReader(folder, places, identity)
  try {
    uses.addAll(manifest.packs, objectCounts(packs))
    for (const source of manifest.sources) {
      if (!source.tree.every(isThere)) return false
      const entries = await treeOf(source, objects)
      const files = entries.filter((entry) => entry.type === 'file')
      const bytes = files.reduce((sum, { size }) => sum + size, 0)
      if (files.length !== source.files || bytes !== source.bytes) return false
      if (!files.every(({ parts }) => parts.every(isThere))) return false
    }
    return true
  } catch (error) {
    const isOfSnapshot = [MissingObject, DamagedPack, WrongRange].some((kind) => error instanceof kind)
    if (isOfSnapshot) return false
    throw error
  } finally {
    await objects.close()
  }
}

async function unlessDamaged<Value extends Bytes | Hash>(read: Promise<Value>): Promise<Value | undefined> {
  try {
    return await read
  } catch (error) {
    if (error instanceof DamagedPack || error instanceof SealError) return undefined
    if (error instanceof DOMException && error.name === 'NotReadableError') return undefined
    throw error
  }
}
