// Runs inside the virtual machine: the part of a desktop, or of an administrator, who mounts sticks.

import { execFileSync } from 'node:child_process'
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

interface Place {
  /** Of the stick. */
  readonly serial: string
  readonly at: string
  readonly filesystem: string
  readonly readOnly: boolean
}

/** Mounts a stick that has been plugged in, as soon as the kernel has it. */
export async function mount({ serial, at, filesystem, readOnly }: Place): Promise<void> {
  mkdirSync(at, { recursive: true })
  const device = join('/dev', await diskOf(serial))
  execFileSync('mount', ['-t', filesystem, ...(readOnly ? ['-r'] : []), device, at], { stdio: 'pipe' })
}

/**
 * Resolves when no process has it mounted any more. Those in jails that work on it have mounts of their own, and end a moment after
 * it was unmounted here: until then the file system is still in use.
 */
export async function unmount({ at }: Pick<Place, 'at'>): Promise<void> {
  const device = execFileSync('findmnt', ['-n', '-o', 'SOURCE', at], { encoding: 'utf8' }).trim()
  execFileSync('umount', [at], { stdio: 'pipe' })
  while (isMounted(device) || isClaimed(device)) await delay(20)
}

/** By its file system, which goes on writing for a moment when the last process that had it mounted has ended. */
function isClaimed(device: string): boolean {
  try {
    closeSync(openSync(device, constants.O_RDONLY | constants.O_EXCL))
    return false
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'EBUSY') return true
    // It was pulled out.
    if (['ENOENT', 'ENXIO', 'ENODEV', 'ENOMEDIUM', 'EIO'].includes(code)) return false
    throw error
  }
}

/** In any process. */
function isMounted(device: string): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => quietly(() => readFileSync(`/proc/${pid}/mountinfo`, 'utf8'))?.includes(` ${device} `))
}

/** The name of the disk, such as "sda". */
export async function diskOf(serial: string): Promise<string> {
  for (;;) {
    const found = readdirSync('/sys/class/block').find(
      (name) => /^sd[a-z]+$/.test(name) && serialOf(name) === serial,
    )
    if (found !== undefined) return found
    await delay(50)
  }
}

/** Of the USB device that a disk hangs on. */
function serialOf(disk: string): string | undefined {
  for (
    let place = quietly(() => realpathSync(join('/sys/class/block', disk)));
    place && place !== '/';
    place = dirname(place)
  )
    if (existsSync(join(place, 'idVendor')))
      return quietly(() => readFileSync(join(place, 'serial'), 'utf8').trim())
  return undefined
}

/** Undefined for what has just gone. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (
      !['ENOENT', 'ESRCH', 'EINVAL', 'ENODEV', 'EINTR'].includes((error as NodeJS.ErrnoException).code ?? '')
    )
      throw error
    return undefined
  }
}
