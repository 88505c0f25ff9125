// What the kernel says of a block device, from sysfs: nothing of it is read from the device, so a drive that hangs holds up no one.
// lsblk prints the same; sysfs is there without it, and needs no process for every look.

import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

export interface BlockDevice {
  /** "8:17" */
  readonly number: string
  /** The whole disk, "sdb"; of what is encrypted, the disk below it. */
  readonly disk: string
  readonly isRemovable: boolean
  readonly bus: 'usb' | 'mmc' | 'other'
  /** Of the partition, in the words of the one who made it. */
  readonly label?: string
  readonly uuid?: string
  readonly vendor?: string
  readonly model?: string
  readonly serial?: string
}

/** Folders of the system; others in tests. */
export interface SystemFolders {
  readonly sys: string
  readonly dev: string
  /** What udev knows is in it. */
  readonly run: string
}

const ALTERNATIVES = 16

/** Undefined where there is no such device. */
export function readBlockDevice(number: string, { sys, dev }: SystemFolders): BlockDevice | undefined {
  const place = quietly(() => realpathSync(join(sys, 'dev/block', number)))
  if (place === undefined) return undefined
  const disk = diskOf(place, sys)
  const facts = (name: string) => readText(join(disk, 'device', name))
  const usb = usbDeviceOf(disk, sys)
  const isCard = disk.includes('/mmc_host/')
  return {
    number,
    disk: basename(disk),
    isRemovable: usb !== undefined || isSdCard(disk) || readText(join(disk, 'removable')) === '1',
    bus: usb !== undefined ? 'usb' : isCard ? 'mmc' : 'other',
    ...known('label', linkTo(basename(place), join(dev, 'disk/by-label'))),
    ...known('uuid', linkTo(basename(place), join(dev, 'disk/by-uuid'))),
    ...known('vendor', facts('vendor')),
    ...known('model', facts('model') ?? facts('name')),
    ...known('serial', usb === undefined ? facts('serial') : readText(join(usb, 'serial'))),
  }
}

/** Whether the kernel still has the device. */
export function isPresent(number: string, { sys }: SystemFolders): boolean {
  return existsSync(join(sys, 'dev/block', number))
}

/**
 * Whether label and UUID of a device are known: udev reads them from it, a moment after the kernel has it, and writes its own record
 * last. True where there is no udev.
 */
export function isSettled(number: string, { run }: Pick<SystemFolders, 'run'>): boolean {
  return !existsSync(join(run, 'udev/control')) || existsSync(join(run, 'udev/data', `b${number}`))
}

/** Such as "/dev/sdb1"; undefined where there is no such device. */
export function nodeOf(number: string, { sys }: Pick<SystemFolders, 'sys'>): string | undefined {
  const place = quietly(() => realpathSync(join(sys, 'dev/block', number)))
  return place && `/dev/${basename(place)}`
}

/** Number of the device behind a path such as /dev/sdb1, "8:17"; undefined where there is none. */
export function numberOfDevice(path: string): string | undefined {
  const stats = quietly(() => statSync(path))
  if (stats === undefined || !stats.isBlockDevice()) return undefined
  // The layout of glibc's gnu_dev_major(3) and gnu_dev_minor(3), as far as 32 bits go.
  const major = (stats.rdev >>> 8) & 0xfff
  const minor = (stats.rdev & 0xff) | ((stats.rdev >>> 12) & 0xfff00)
  return `${major}:${minor}`
}

/** A partition lies in the folder of its disk; what is mapped, such as an encrypted partition, names what is below it. */
function diskOf(place: string, sys: string): string {
  let current = place
  for (let i = 0; i < ALTERNATIVES; i++) {
    const [below] = quietly(() => readdirSync(join(current, 'slaves'))) ?? []
    const next = below && quietly(() => realpathSync(join(sys, 'class/block', below)))
    if (!next) break
    current = next
  }
  return readText(join(current, 'partition')) === undefined ? current : dirname(current)
}

/** The folder of the USB device that a disk hangs on. */
function usbDeviceOf(disk: string, sys: string): string | undefined {
  const top = quietly(() => realpathSync(sys)) ?? sys
  for (let place = disk; place.length > top.length; place = dirname(place))
    if (readText(join(place, 'idVendor')) !== undefined) return place
  return undefined
}

/** Not what is soldered in: eMMC is of type "MMC". */
function isSdCard(disk: string): boolean {
  return disk.includes('/mmc_host/') && readText(join(disk, 'device/type')) === 'SD'
}

/** The name of the link in a folder of udev that leads to the device. */
function linkTo(device: string, folder: string): string | undefined {
  const names = quietly(() => readdirSync(folder)) ?? []
  const found = names.find((name) => quietly(() => basename(readlinkSync(join(folder, name)))) === device)
  return found?.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

function readText(path: string): string | undefined {
  const text = quietly(() => readFileSync(path, 'utf8').trim())
  return text === '' ? undefined : text
}

function known<Name extends string>(name: Name, value: string | undefined): { [Key in Name]?: string } {
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: string }
}

/** Undefined for what is not there, or has just gone. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
