// "Verify": reads every pack and holds it against its hash, without a key. Names what is damaged, and which snapshots need it.

import { fileHash } from '../format/pack-reader.ts'
import { type BackupFolder, namedPacks } from './backup-folder.ts'

export interface DriveCheck {
  readonly packs: number
  readonly snapshots: number
  /** Names of files. */
  readonly damaged: readonly string[]
  /** Ids of snapshots that cannot be restored completely. */
  readonly incomplete: readonly string[]
}

export interface CheckOptions {
  readonly signal: AbortSignal
  readonly begun: (bytes: number) => void
  readonly count: (bytes: number) => void
}

export async function checkDrive(
  folder: BackupFolder,
  { signal, begun, count }: CheckOptions,
): Promise<DriveCheck> {
  const { manifests, damaged: damagedSnapshots } = await folder.readSnapshots()
  const { usable, damaged: damagedPacks } = await folder.readPacks()
  const named = namedPacks(manifests)
  const whole = new Set<string>()
  const damaged = new Set([...damagedSnapshots, ...damagedPacks])
  begun(usable.reduce((sum, { bytes }) => sum + bytes, 0))
  for (const { pack, sha256 } of usable) {
    const read = (bytes: number) => {
      signal.throwIfAborted()
      count(bytes)
    }
    if ((await hashOfPack(folder, pack, read)) === sha256) whole.add(pack)
    // Nothing is lost with one that no snapshot names: the next backup removes it.
    else if (named.has(pack)) damaged.add(pack)
  }
  for (const pack of named) if (!whole.has(pack)) damaged.add(pack)
  const incomplete = manifests.filter(({ packs }) => packs.some(({ pack }) => !whole.has(pack)))
  return {
    packs: usable.length,
    snapshots: manifests.length + damagedSnapshots.length,
    damaged: [...damaged].sort(),
    incomplete: incomplete.map(({ id }) => id),
  }
}

/** Undefined for a file that the drive cannot read: a broken sector is what is looked for. */
async function hashOfPack(
  folder: BackupFolder,
  pack: string,
  read: (bytes: number) => void,
): Promise<string | undefined> {
  try {
    return await fileHash(await folder.openPack(pack), read)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotReadableError') return undefined
    throw error
  }
}
