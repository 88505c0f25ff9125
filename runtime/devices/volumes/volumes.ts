// The volumes of this machine: removable drives that are mounted, and folders that the operator offers like drives.
// Invariant: the runtime itself never looks at one of them; a volume that does not respond is in the list, with what is wrong with it.

import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { PlugbayError } from '../../errors.ts'
import { type DriveListener, DriveWatch } from './drive-watch.ts'
import { createDriveReader, type Drive } from './drives.ts'
import { fileSystemName } from './file-system-names.ts'
import { watchMounts } from './mount-events.ts'

export interface VolumeInfo {
  /** Of a folder: the same as long as it is in the same place. Of a drive: the same wherever it is mounted. */
  readonly id: string
  readonly name: string
  /** Its root: for the operator only. */
  readonly path: string
  readonly writable: boolean
  /** The folder below the root that holds the folders of plugins. */
  readonly dataFolder: string
  readonly freeBytes: number
  readonly totalBytes: number
  /** Such as "ext4"; null where it is not known. */
  readonly filesystem: string | null
  readonly kind: 'folder' | 'removable'
  readonly metadata: Readonly<Record<string, string>>
  /** Why it cannot be used now. */
  readonly problem: { readonly code: string; readonly message: string } | null
}

/** Where a volume is, without looking at it. */
export interface VolumePlace
  extends Pick<VolumeInfo, 'id' | 'name' | 'path' | 'dataFolder' | 'kind' | 'metadata'> {
  /** Of a drive: what is mounted there now, by the kernel's number. */
  readonly mount?: number
  /** Of a drive, as the system names it; of a folder it is found out by looking. */
  readonly filesystem?: string
}

export interface Volumes {
  /** Never rejects. */
  list(): Promise<readonly VolumeInfo[]>
  find(id: string): VolumePlace | undefined
  /** Whether what was found is still there: a drive may have gone, and another one may be mounted at its place. */
  isThere(place: VolumePlace): boolean
  /** Calls the listener for every drive that comes or goes from now on. Returns the function that ends it. */
  subscribe(listener: DriveListener): () => void
  /** Stops watching. Idempotent. */
  close(): void
}

interface DriveFacts {
  readonly isWritable: boolean
  readonly freeBytes: number
  readonly totalBytes: number
  readonly type: number
}

interface FilesOfVolumes {
  /** Rejects with a PlugbayError or a FileError. */
  drive(root: string): Promise<DriveFacts>
  /** Ends what works in a root that has gone, and holds it mounted. */
  release(root: string): void
}

export interface VolumesOptions {
  /** `volumes.roots` of the configuration. */
  readonly roots: readonly string[]
  /** `volumes.dataFolder` of the configuration. */
  readonly dataFolder: string
  /** `volumes.drives` of the configuration. */
  readonly drives: boolean
  /** What touches the volumes, in processes that can be killed. */
  readonly files: FilesOfVolumes
  /** Reads the drives that are mounted; in tests, others. */
  readonly readDrives?: () => readonly Drive[]
  /** Watches for drives that come and go; in tests, otherwise. */
  readonly watch?: (onHint: () => void) => () => void
}

export function createVolumes(options: VolumesOptions): Volumes {
  return new MountedVolumes(options)
}

class MountedVolumes implements Volumes {
  readonly #options: VolumesOptions
  readonly #folders: ReadonlyMap<string, VolumePlace>
  readonly #drives: DriveWatch | undefined
  readonly #subscriptions = new Set<() => void>()
  #stopWatching: (() => void) | undefined

  constructor(options: VolumesOptions) {
    this.#options = options
    this.#folders = new Map(options.roots.map((path) => [idOf(path), this.#folder(path)]))
    if (!options.drives) return
    this.#drives = new DriveWatch(options.readDrives ?? createDriveReader())
    this.#drives.subscribe(({ kind, drive }) => {
      if (kind === 'unmounted') options.files.release(drive.path)
    })
  }

  list(): Promise<readonly VolumeInfo[]> {
    const places = [...this.#folders.values(), ...this.#mounted()]
    return Promise.all(places.map((place) => look(place, this.#options.files)))
  }

  find(id: string): VolumePlace | undefined {
    const drive = this.#mounted().find((place) => place.id === id)
    // From its first use on: what is pulled out is let go at once, not at the next call.
    if (drive !== undefined) this.#watch()
    return this.#folders.get(id) ?? drive
  }

  isThere({ id, path, mount }: VolumePlace): boolean {
    if (mount === undefined) return true
    return this.#mounted().some((each) => each.id === id && each.path === path && each.mount === mount)
  }

  subscribe(listener: DriveListener): () => void {
    if (this.#drives === undefined) return () => undefined
    const end = this.#drives.subscribe(listener)
    this.#subscriptions.add(end)
    this.#watch()
    return () => {
      end()
      this.#subscriptions.delete(end)
    }
  }

  close(): void {
    for (const end of this.#subscriptions) end()
    this.#stopWatching?.()
    this.#stopWatching = undefined
  }

  #watch(): void {
    const drives = this.#drives
    if (drives === undefined || process.platform !== 'linux') return
    this.#stopWatching ??= (this.#options.watch ?? watchMounts)(() => void drives.current())
  }

  #mounted(): VolumePlace[] {
    const drives = this.#drives?.current() ?? []
    return drives.map(({ device: _, ...drive }) => ({
      ...drive,
      dataFolder: this.#options.dataFolder,
      kind: 'removable',
    }))
  }

  #folder(path: string): VolumePlace {
    const { dataFolder } = this.#options
    return { id: idOf(path), name: basename(path) || path, path, dataFolder, kind: 'folder', metadata: {} }
  }
}

function idOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 12)
}

async function look({ mount: _, ...place }: VolumePlace, files: FilesOfVolumes): Promise<VolumeInfo> {
  try {
    const { isWritable, freeBytes, totalBytes, type } = await files.drive(place.path)
    const filesystem = place.filesystem ?? fileSystemName(type)
    return { ...place, writable: isWritable, freeBytes, totalBytes, filesystem, problem: null }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const code = error instanceof PlugbayError ? error.code : 'FOLDER_GONE'
    const filesystem = place.filesystem ?? null
    const nothing = { writable: false, freeBytes: 0, totalBytes: 0, filesystem }
    return { ...place, ...nothing, problem: { code, message: error.message } }
  }
}
