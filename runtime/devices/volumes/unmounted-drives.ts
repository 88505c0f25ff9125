// Removable drives that are plugged in and could be mounted: each partition, or a disk without any.
// Invariant: only what the kernel says is read, never the drive; none belongs to a disk that the system runs from.

import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isSettled, readBlockDevice } from './block-devices.ts'
import { type DriveFolders, identify, LINUX, systemDisks } from './drives.ts'
import { readMountTable } from './mount-table.ts'

export interface UnmountedDrive {
  /** That which it has when it is mounted. */
  readonly id: string
  readonly name: string
  /** Number of its block device, "8:17". */
  readonly device: string
  /** Such as "/dev/sdb1". */
  readonly node: string
  readonly totalBytes: number
  readonly metadata: Readonly<Record<string, string>>
}

/** The kernel counts in these, whatever the drive does. */
const SECTOR_BYTES = 512

export function readUnmountedDrives(folders: DriveFolders = LINUX): UnmountedDrive[] {
  const { proc, sys } = folders
  const numbers = list(join(sys, 'dev/block'))
  if (numbers.length === 0) return []
  const mounts = readMountTable(readFileSync(join(proc, 'self/mountinfo'), 'utf8'))
  const mounted = new Set(mounts.flatMap(({ device, source }) => [device, source]))
  const ofSystem = systemDisks(mounts, folders)
  return numbers.flatMap((number) => {
    const place = placeOf(join(sys, 'dev/block', number))
    const device = readBlockDevice(number, folders)
    if (place === undefined || device === undefined) return []
    if (!device.isRemovable || ofSystem.has(device.disk) || isTakenApart(place)) return []
    // It would have another id a moment later.
    if (!isSettled(number, folders)) return []
    const totalBytes = Number(read(join(place, 'size')) ?? 0) * SECTOR_BYTES
    const node = `/dev/${basename(place)}`
    if (totalBytes === 0 || mounted.has(number) || mounted.has(node)) return []
    const { id, metadata } = identify(device, node, node)
    return [{ id, name: device.label ?? basename(place), device: number, node, totalBytes, metadata }]
  })
}

/** Has partitions, or is what an encrypted drive is opened from: not what is mounted. */
function isTakenApart(place: string): boolean {
  const own = basename(place)
  return list(place).some((name) => name.startsWith(own)) || list(join(place, 'holders')).length > 0
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // Not Linux, or just gone.
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return undefined // Just gone.
  }
}

function placeOf(link: string): string | undefined {
  try {
    return realpathSync(link)
  } catch {
    return undefined // Just gone.
  }
}
