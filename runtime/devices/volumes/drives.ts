// The removable drives that are mounted.
// Invariant: only what the kernel says is read, never the drive; no disk that the system runs from is one.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import {
  type BlockDevice,
  isPresent,
  isSettled,
  numberOfDevice,
  readBlockDevice,
  type SystemFolders,
} from './block-devices.ts'
import { type Mount, readMountTable } from './mount-table.ts'

export interface Drive {
  /** The same whenever this drive is mounted, wherever. */
  readonly id: string
  readonly name: string
  /** Where it is mounted. */
  readonly path: string
  /** Of this mount: another one at the same place differs. */
  readonly mount: number
  /** Number of its block device, "8:17". */
  readonly device: string
  readonly filesystem: string
  readonly metadata: Readonly<Record<string, string>>
}

export interface DriveFolders extends SystemFolders {
  readonly proc: string
}

/** File systems of drives. Others are virtual, on a network, or of the system. */
const FILE_SYSTEMS: ReadonlySet<string> = new Set([
  ...['vfat', 'exfat', 'msdos', 'ntfs', 'ntfs3', 'fuseblk', 'ext2', 'ext3', 'ext4', 'btrfs', 'xfs', 'f2fs'],
  ...['hfs', 'hfsplus', 'udf', 'iso9660'],
])
/** What is mounted here makes its disk one of the system. */
const SYSTEM_TARGETS =
  /^\/(?:$|(?:usr|var|home|etc|opt|srv|cdrom)$|(?:boot|run\/live|run\/initramfs|usr\/lib\/live)(?:\/|$))/

export const LINUX: DriveFolders = { proc: '/proc', sys: '/sys', dev: '/dev', run: '/run' }

/**
 * Reads the drives that are mounted: none where the system is not Linux; there, `volumes.roots` names folders.
 * Asked again, it looks closely only if something was mounted or unmounted, or a device has gone: this is asked for each operation on
 * a drive.
 */
export function createDriveReader(folders: DriveFolders = LINUX): () => readonly Drive[] {
  let table = ''
  let drives: readonly Drive[] = []
  return () => {
    const read = readTable(folders)
    if (read === table && drives.every(({ device }) => isPresent(device, folders))) return drives
    const found = removableMounts(readMountTable(read), folders)
    const settled = found.filter(({ device }) => isSettled(device.number, folders))
    drives = drivesOf(settled)
    // One that is not has its id when it is: it is looked for again each time.
    table = settled.length === found.length ? read : ''
    return drives
  }
}

interface MountedDevice {
  readonly mount: Mount
  readonly device: BlockDevice
}

/** None of the system. */
function removableMounts(mounts: readonly Mount[], folders: DriveFolders): readonly MountedDevice[] {
  const covered = coveredMounts(mounts)
  const seen = mounts.filter((mount) => mayBeDrive(mount) && !covered.has(mount.id))
  const found = seen.flatMap((mount) => {
    const device = deviceOf(mount, folders)
    return device?.isRemovable === true ? [{ mount, device }] : []
  })
  if (found.length === 0) return []
  const ofSystem = systemDisks(mounts, folders)
  return found.filter(({ device }) => !ofSystem.has(device.disk))
}

function drivesOf(mounted: readonly MountedDevice[]): Drive[] {
  const drives = new Map<string, Drive>()
  const sources = new Set<string>()
  for (const { mount, device } of mounted) {
    // Mounted twice, it is one drive, at its first place.
    if (sources.has(mount.source)) continue
    sources.add(mount.source)
    const drive = toDrive(mount, device, drives)
    drives.set(drive.id, drive)
  }
  return [...drives.values()]
}

/** Those that another one was mounted upon, at the same place: their path leads to that one, and so would what is written for them. */
function coveredMounts(mounts: readonly Mount[]): ReadonlySet<number> {
  const targets = new Map(mounts.map(({ id, target }) => [id, target]))
  return new Set(
    mounts.filter(({ parent, target }) => targets.get(parent) === target).map(({ parent }) => parent),
  )
}

/** The disks that the system runs from. */
export function systemDisks(
  mounts: readonly Mount[],
  folders: DriveFolders,
): ReadonlySet<string | undefined> {
  return new Set(
    mounts.filter(({ target }) => SYSTEM_TARGETS.test(target)).map((mount) => deviceOf(mount, folders)?.disk),
  )
}

/** Empty where the system is not Linux. */
function readTable({ proc }: DriveFolders): string {
  try {
    return readFileSync(join(proc, 'self/mountinfo'), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return ''
  }
}

function deviceOf(mount: Mount, folders: DriveFolders): BlockDevice | undefined {
  if (!mount.source.startsWith('/dev/')) return undefined
  const number = mount.device.startsWith('0:') ? numberOfDevice(mount.source) : mount.device
  return number === undefined ? undefined : readBlockDevice(number, folders)
}

/** Bind mounts show a part of what is mounted elsewhere. */
function mayBeDrive({ type, root, source, target }: Mount): boolean {
  return FILE_SYSTEMS.has(type) && root === '/' && source.startsWith('/dev/') && !SYSTEM_TARGETS.test(target)
}

function toDrive(mount: Mount, device: BlockDevice, others: ReadonlyMap<string, Drive>): Drive {
  const { id, marks, metadata } = identify(device, mount.source, mount.target)
  return {
    // Copies of one stick bear the same marks: the second is known by its place too.
    id: others.has(id) ? idOf([...marks, mount.target]) : id,
    name: device.label ?? (basename(mount.target) || mount.target),
    path: mount.target,
    mount: mount.id,
    device: device.number,
    filesystem: mount.type,
    metadata,
  }
}

/**
 * What a drive is known by.
 * @param source such as "/dev/sdb1"
 * @param place of a drive without marks
 */
export function identify(
  { label, uuid, vendor, model, serial, bus }: BlockDevice,
  source: string,
  place: string,
): Pick<Drive, 'id' | 'metadata'> & { readonly marks: readonly (string | undefined)[] } {
  const partition = /\d+$/.exec(basename(source))?.[0] ?? ''
  const marks = uuid === undefined && serial === undefined ? [place] : [uuid, serial, partition]
  const metadata = Object.entries({ label, uuid, vendor, model, serial, bus }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return { id: idOf(marks), marks, metadata: Object.fromEntries(metadata) }
}

function idOf(marks: readonly (string | undefined)[]): string {
  return createHash('sha256')
    .update(JSON.stringify(['drive', ...marks]))
    .digest('hex')
    .slice(0, 12)
}
