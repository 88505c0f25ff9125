// The volumes of this machine: for now the folders that the operator offers like drives.
// Invariant: the runtime itself never looks at one of them; a volume that does not respond is in the list, with what is wrong with it.

import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { PlugbayError } from '../../errors.ts'
import { fileSystemName } from './file-system-names.ts'

export interface VolumeInfo {
  /** The same as long as it is in the same place. */
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
export type VolumePlace = Pick<VolumeInfo, 'id' | 'name' | 'path' | 'dataFolder' | 'kind'>

export interface Volumes {
  /** Never rejects. */
  list(): Promise<readonly VolumeInfo[]>
  find(id: string): VolumePlace | undefined
}

interface DriveFacts {
  readonly isWritable: boolean
  readonly freeBytes: number
  readonly totalBytes: number
  readonly type: number
}

export interface VolumesOptions {
  /** `volumes.roots` of the configuration. */
  readonly roots: readonly string[]
  /** `volumes.dataFolder` of the configuration. */
  readonly dataFolder: string
  /** Asks a process that can be killed. Rejects with a PlugbayError or a FileError. */
  readonly drive: (root: string) => Promise<DriveFacts>
}

export function createVolumes({ roots, dataFolder, drive }: VolumesOptions): Volumes {
  const places = new Map(
    roots.map((path): [string, VolumePlace] => {
      const id = createHash('sha256').update(path).digest('hex').slice(0, 12)
      return [id, { id, name: basename(path) || path, path, dataFolder, kind: 'folder' }]
    }),
  )
  return {
    list: () => Promise.all([...places.values()].map((place) => look(place, drive))),
    find: (id) => places.get(id),
  }
}

async function look(place: VolumePlace, drive: VolumesOptions['drive']): Promise<VolumeInfo> {
  try {
    const { isWritable, freeBytes, totalBytes, type } = await drive(place.path)
    const filesystem = fileSystemName(type)
    return { ...place, writable: isWritable, freeBytes, totalBytes, filesystem, metadata: {}, problem: null }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const code = error instanceof PlugbayError ? error.code : 'FOLDER_GONE'
    const nothing = { writable: false, freeBytes: 0, totalBytes: 0, filesystem: null, metadata: {} }
    return { ...place, ...nothing, problem: { code, message: error.message } }
  }
}
