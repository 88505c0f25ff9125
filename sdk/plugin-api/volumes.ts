// env.volumes: drives, and folders that the operator offers like drives. A plugin has a folder of its own on each.

import type { FileSystemDirectoryHandle } from './files.ts'

export interface Volume {
  /** Of a drive: the same wherever it is mounted. Of a folder: the same as long as it is in the same place. */
  readonly id: string
  readonly name: string
  /** Whether the plugin can write there: the drive and its grant allow it. */
  readonly writable: boolean
  readonly freeBytes: number
  readonly totalBytes: number
  /** Such as "ext4" or "vfat"; null where it is not known. */
  readonly filesystem: string | null
  /** `folder`: one of `volumes.roots`. `removable`: a drive. */
  readonly kind: 'folder' | 'removable'
  /** What else is known of a drive: `label`, `uuid`, `vendor`, `model`, `serial`, `bus`. */
  readonly metadata: Readonly<Record<string, string>>
}

export interface Volumes {
  /** Without those that do not respond. */
  list(): Promise<readonly Volume[]>
  /** The plugin's own folder there, which is made if it can be. Rejects with a `NotFoundError` for a volume that is not there. */
  open(id: string): Promise<FileSystemDirectoryHandle>
  /**
   * Unmounts a drive, so that it can be pulled out. Needs the grant "eject", and a server that does it (`volumes.udisks`). Rejects with a
   * `NoModificationAllowedError` while a file is written on it, by any plugin, with a `NotAllowedError` without the grant, with a
   * `NotSupportedError` where the server does not eject drives, and with an `OperationError` when the system could not.
   */
  eject(id: string): Promise<void>
}
