// Retention: removes snapshots that are outdated, then packs that no snapshot needs, and rewrites packs of which less than half is in use.
// Invariant: a manifest names packs that are there at every moment; nothing is removed while a manifest cannot be read.

import type { Manifest } from '../format/manifest.ts'
import type { PackIndex } from '../format/pack-index.ts'
import { WrongRange } from '../format/ranges.ts'
import { outdated, type Retention } from '../format/retention.ts'
import { type BackupFolder, isAllKnown } from './backup-folder.ts'
import { ObjectReader } from './object-reader.ts'
import { PackSink, type Place } from './pack-sink.ts'
import { objectCounts, placesOf, Uses } from './places.ts'

export interface TidyOptions {
  readonly retention: Retention
  /** The key of a recipient, as far as it is known: without it packs cannot be rewritten. */
  readonly identityOf: (recipient: string) => string | undefined
  readonly signal: AbortSignal
}

export interface Tidied {
  /** Ids. */
  readonly removedSnapshots: readonly string[]
  readonly removedPacks: number
  readonly repacked: number
}

const NOTHING: Tidied = { removedSnapshots: [], removedPacks: 0, repacked: 0 }

export async function tidy(folder: BackupFolder, options: TidyOptions): Promise<Tidied> {
  const snapshots = await folder.readSnapshots()
  if (!isAllKnown(snapshots)) return NOTHING
  const gone = new Set(outdated(snapshots.manifests, options.retention))
  const manifests = snapshots.manifests.filter(({ id }) => !gone.has(id))
  const { usable, nextNumber } = await folder.readPacks()
  const uses = usesOf(manifests, usable)
  if (uses === undefined) return NOTHING
  for (const id of gone) await folder.removeSnapshot(id)
  const needless = usable.filter(({ pack }) => uses.of(pack).size === 0)
  for (const { pack } of needless) await folder.removePack(pack)
  const sparse = usable.filter((index) => isSparse(index, uses.of(index.pack)))
  let number = nextNumber
  let repacked = 0
  for (const recipient of new Set(sparse.map((index) => index.recipient))) {
    const identity = recipient === null ? undefined : options.identityOf(recipient)
    if (recipient !== null && identity === undefined) continue
    const packs = sparse.filter((index) => index.recipient === recipient)
    number = await repack(folder, packs, { ...options, manifests, uses, number, recipient, identity })
    repacked += packs.length
  }
  return { removedSnapshots: [...gone], removedPacks: needless.length, repacked }
}

/** Undefined where it is not known: a manifest names objects that there are not. "Verify" says so. */
function usesOf(manifests: readonly Manifest[], packs: readonly PackIndex[]): Uses | undefined {
  const counts = objectCounts(packs)
  const uses = new Uses()
  try {
    for (const manifest of manifests) uses.addAll(manifest.packs, counts)
    return uses
  } catch (error) {
    if (error instanceof WrongRange) return undefined
    throw error
  }
}

/** Less than half of it is in use. */
function isSparse({ objects }: PackIndex, used: ReadonlySet<number>): boolean {
  const all = objects.reduce((sum, { size }) => sum + size, 0)
  const live = objects.reduce((sum, { size }, position) => sum + (used.has(position) ? size : 0), 0)
  return used.size > 0 && live < all / 2
}

interface Repacking {
  readonly manifests: readonly Manifest[]
  readonly uses: Uses
  /** Of the first new pack. */
  readonly number: number
  readonly recipient: string | null
  readonly identity: string | undefined
  readonly signal: AbortSignal
}

/** New packs first, then the manifests, one by one, then the old packs go. @returns the next number */
async function repack(
  folder: BackupFolder,
  packs: readonly PackIndex[],
  { manifests, uses, number, recipient, identity, signal }: Repacking,
): Promise<number> {
  const sink = new PackSink(folder, { recipient, number })
  const objects = new ObjectReader(folder, placesOf(packs), identity)
  const moved = new Map<string, Map<number, Place>>()
  try {
    for (const { pack, objects: all } of packs) {
      const places = new Map<number, Place>()
      moved.set(pack, places)
      for (const [position, { hash }] of all.entries()) {
        if (!uses.of(pack).has(position)) continue
        signal.throwIfAborted()
        places.set(position, await sink.put(hash, await objects.read(hash)))
      }
    }
    await sink.settle()
  } catch (error) {
    await sink.stop(error)
    throw error
  } finally {
    await objects.close()
  }
  const counts = objectCounts(packs)
  for (const manifest of manifests) {
    const kept = manifest.packs.filter(({ pack }) => !moved.has(pack))
    if (kept.length === manifest.packs.length) continue
    const own = new Uses()
    own.addAll(manifest.packs, counts)
    const fresh = new Uses()
    for (const [pack, places] of moved)
      for (const position of own.of(pack)) {
        const place = places.get(position)
        if (place !== undefined) fresh.add(place)
      }
    await folder.writeSnapshot({ ...manifest, packs: [...kept, ...fresh.list()] })
  }
  for (const { pack } of packs) await folder.removePack(pack)
  return number + sink.written.length
}
