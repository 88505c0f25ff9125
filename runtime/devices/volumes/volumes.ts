// The volumes of this machine: removable drives that are mounted, and folders that the operator offers like drives.
// Invariant: the runtime itself never looks at one of them; a volume that does not respond is in the list, with what is wrong with it.

import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { PlugbayError } from '../../errors.ts'
import { nodeOf, readBlockDevice } from './block-devices.ts'
import { type DriveListener, DriveWatch } from './drive-watch.ts'
import { createDriveReader, type Drive, type DriveFolders, LINUX } from './drives.ts'
import { fileSystemName } from './file-system-names.ts'
import { watchMounts } from './mount-events.ts'
import { readUnmountedDrives, type UnmountedDrive } from './unmounted-drives.ts'

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
  /** A drive, mounted or not, where `volumes.udisks` is set. */
  drive(id: string): KnownDrive | undefined
  /** What is mounted of a disk. */
  drivesOfDisk(disk: string): readonly MountedDrive[]
  /** Hides a drive from everyone until the function is called that this returns. */
  hold(id: string): () => void
  /** Calls the listener for every drive that comes or goes from now on. Returns the function that ends it. */
  subscribe(listener: DriveListener): () => void
  /** Stops watching. Idempotent. */
  close(): void
}

export interface KnownDrive {
  readonly id: string
  /** The whole disk, "sdb". */
  readonly disk: string
  /** Such as "/dev/sdb1". */
  readonly node: string
  /** Where it is mounted. */
  readonly path: string | null
}

export type MountedDrive = KnownDrive & { readonly path: string }

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
  /** `volumes.udisks` of the configuration: whether drives are listed that could be mounted. */
  readonly udisks?: boolean
  /** Of the system; others in tests. */
  readonly folders?: DriveFolders
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
  readonly #held = new Set<string>()
  #stopWatching: (() => void) | undefined

  constructor(options: VolumesOptions) {
    this.#options = options
    this.#folders = new Map(options.roots.map((path) => [idOf(path), this.#folder(path)]))
    if (!options.drives) return
    this.#drives = new DriveWatch(options.readDrives ?? createDriveReader(options.folders))
    this.#drives.subscribe(({ kind, drive }) => {
      if (kind === 'unmounted') options.files.release(drive.path)
    })
  }

  async list(): Promise<readonly VolumeInfo[]> {
    const places = [...this.#folders.values(), ...this.#mounted()]
    const found = await Promise.all(places.map((place) => look(place, this.#options.files)))
    return [...found, ...this.#unmounted().map((drive) => this.#notMounted(drive))]
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

  drive(id: string): KnownDrive | undefined {
    const mounted = this.#known().find((each) => each.id === id)
    if (mounted !== undefined) return mounted
    const found = this.#unmounted().find((each) => each.id === id)
    return found && { id, disk: this.#diskOf(found.device), node: found.node, path: null }
  }

  drivesOfDisk(disk: string): readonly MountedDrive[] {
    return this.#known().filter((each) => each.disk === disk)
  }

  hold(id: string): () => void {
    this.#held.add(id)
    return () => this.#held.delete(id)
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
    return drives
      .filter(({ id }) => !this.#held.has(id))
      .map(({ device: _, ...drive }) => ({
        ...drive,
        dataFolder: this.#options.dataFolder,
        kind: 'removable',
      }))
  }

  #known(): readonly MountedDrive[] {
    const { folders = LINUX } = this.#options
    return (this.#drives?.current() ?? []).flatMap(({ id, path, device }) => {
      const node = nodeOf(device, folders)
      return node === undefined ? [] : [{ id, disk: this.#diskOf(device), node, path }]
    })
  }

  #diskOf(number: string): string {
    return readBlockDevice(number, this.#options.folders ?? LINUX)?.disk ?? number
  }

  #unmounted(): readonly UnmountedDrive[] {
    if (this.#drives === undefined || this.#options.udisks !== true) return []
    return readUnmountedDrives(this.#options.folders)
  }

  #notMounted({ id, name, node, totalBytes, metadata }: UnmountedDrive): VolumeInfo {
    return {
      ...{ id, name, path: node, dataFolder: this.#options.dataFolder, kind: 'removable', metadata },
      ...{ writable: false, freeBytes: 0, totalBytes, filesystem: null },
      problem: { code: 'DRIVE_NOT_MOUNTED', message: 'The drive is not mounted' },
    }
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
