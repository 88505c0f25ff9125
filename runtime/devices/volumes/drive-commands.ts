// Mounts, unmounts and ejects drives, where the operator has allowed it.
// Invariant: nothing of the runtime is at work on a drive that is unmounted, and what is at work on it is not ended: the command is
// refused instead. Each command that was carried out has a row in the audit log.

import type { Actor, Store } from '../../../plugin-store/store.ts'
import { PlugbayError } from '../../errors.ts'
import type { Udisks } from './udisks.ts'
import type { KnownDrive, MountedDrive, Volumes } from './volumes.ts'

interface FilesOfDrives {
  /** Whether a file in a root is being written, or a list is being read. */
  isHeld(root: string): boolean
  /** Ends what stands by in a root, and resolves when it has ended; false where it is at work. */
  letGo(root: string): Promise<boolean>
}

export interface DriveCommandsParts {
  /** `volumes.udisks` of the configuration. */
  readonly isAllowed: boolean
  readonly volumes: Pick<Volumes, 'drive' | 'drivesOfDisk' | 'hold'>
  readonly udisks: Udisks
  readonly files: FilesOfDrives
  readonly audit: Pick<Store['audit'], 'append'>
}

/** Each rejects with DRIVES_NOT_MANAGED, DRIVE_UNKNOWN, DRIVE_BUSY or DRIVE_FAILED. */
export class DriveCommands {
  readonly #parts: DriveCommandsParts

  constructor(parts: DriveCommandsParts) {
    this.#parts = parts
  }

  async mount(id: string, actor: Actor): Promise<void> {
    const { node, path } = this.#find(id)
    if (path !== null) return
    await this.#parts.udisks.mount(node)
    await this.#record('volume.mount', id, actor)
  }

  async unmount(id: string, actor: Actor): Promise<void> {
    const { path, ...drive } = this.#find(id)
    if (path === null) return
    await this.#free([{ ...drive, path }])
    await this.#record('volume.unmount', id, actor)
  }

  /** Unmounts all of its disk, and powers it off: it can be pulled out. */
  async eject(id: string, actor: Actor): Promise<void> {
    const { node, disk } = this.#find(id)
    await this.#free(this.#parts.volumes.drivesOfDisk(disk), () => this.#parts.udisks.powerOff(node))
    await this.#record('volume.eject', id, actor)
  }

  async #free(drives: readonly MountedDrive[], then?: () => Promise<void>): Promise<void> {
    const { volumes, udisks, files } = this.#parts
    const refuse = () => new PlugbayError('DRIVE_BUSY', 'A plugin is at work on the drive')
    // Before they are hidden: a command that is refused is not noticed by what is at work.
    if (drives.some(({ path }) => files.isHeld(path))) throw refuse()
    const releases = drives.map(({ id }) => volumes.hold(id))
    try {
      for (const { path } of drives) if (!(await files.letGo(path))) throw refuse()
      for (const { node } of drives) await udisks.unmount(node)
      await then?.()
    } finally {
      for (const release of releases) release()
    }
  }

  #find(id: string): KnownDrive {
    const { isAllowed, volumes } = this.#parts
    if (!isAllowed) throw new PlugbayError('DRIVES_NOT_MANAGED')
    const found = volumes.drive(id)
    if (found === undefined) throw new PlugbayError('DRIVE_UNKNOWN')
    return found
  }

  #record(action: string, id: string, actor: Actor): Promise<void> {
    return this.#parts.audit.append(id, { actor, action })
  }
}
