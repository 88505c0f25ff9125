// USB sticks: images as they are sold, plugged into a machine and pulled out through its monitor, and checked from outside.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { truncate, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Booted } from './boot.ts'

export type FileSystem = 'vfat' | 'exfat' | 'ext4'

interface StickPrograms {
  readonly make: readonly [program: string, ...args: string[]]
  /** Changes nothing; its exit code is 0 where all is well. */
  readonly check: readonly [program: string, ...args: string[]]
  /** What a system does with a stick that was pulled out: the journal is replayed, the mark of it removed. */
  readonly repair: readonly [program: string, ...args: string[]]
}

const PROGRAMS: Readonly<Record<FileSystem, StickPrograms>> = {
  vfat: { make: ['mkfs.vfat'], check: ['fsck.vfat', '-n'], repair: ['fsck.vfat', '-a'] },
  exfat: { make: ['mkfs.exfat'], check: ['fsck.exfat', '-n'], repair: ['fsck.exfat', '-p'] },
  ext4: { make: ['mkfs.ext4', '-q', '-F'], check: ['e2fsck', '-f', '-n'], repair: ['e2fsck', '-f', '-p'] },
}

/** The kernel modules that sticks need. */
export const STICK_MODULES: readonly string[] = [
  ...['xhci-pci', 'usb-storage', 'sd_mod', 'vfat', 'nls_cp437', 'nls_ascii', 'nls_utf8', 'exfat', 'ext4'],
  'crc32c_generic',
]

/** The sentence that says what is missing here; undefined where nothing is. */
export function withoutStickPrograms(): string | undefined {
  const missing = Object.values(PROGRAMS)
    .flatMap(({ make, check }) => [make[0], check[0]])
    .concat('mcopy', 'debugfs', 'zstd')
    .find((program) => spawnSync(program, ['--version'], { env: withSystemPath() }).error !== undefined)
  return missing === undefined
    ? undefined
    : `There is no ${missing} (Debian packages dosfstools, exfatprogs, e2fsprogs, mtools, zstd)`
}

export interface StickOptions {
  readonly serial: string
  readonly filesystem: FileSystem
  readonly bytes: number
}

export class Stick {
  readonly serial: string
  readonly filesystem: FileSystem
  readonly image: string
  #isKnown = false

  private constructor(image: string, { serial, filesystem }: Omit<StickOptions, 'bytes'>) {
    this.image = image
    this.serial = serial
    this.filesystem = filesystem
  }

  /** Without a table of partitions. */
  static async make(folder: string, options: StickOptions): Promise<Stick> {
    const image = join(folder, options.serial)
    await writeFile(image, '')
    await truncate(image, options.bytes)
    const { status, text } = run([...PROGRAMS[options.filesystem].make, image])
    assert.equal(status, 0, text)
    return new Stick(image, options)
  }

  /** Another one, whose image is a copy. */
  as(image: string): Stick {
    return new Stick(image, { serial: basename(image), filesystem: this.filesystem })
  }

  async plug({ monitor }: Booted, { readOnly = false } = {}): Promise<void> {
    const node = `${this.serial}${readOnly ? '-ro' : ''}`
    if (readOnly || !this.#isKnown) {
      // A stick that was pulled out gives up its lock a moment later.
      const file = { driver: 'file', filename: this.image, 'read-only': readOnly, locking: 'off' }
      await monitor('blockdev-add', { driver: 'raw', 'node-name': node, 'read-only': readOnly, file })
    }
    this.#isKnown ||= !readOnly
    const device = { driver: 'usb-storage', bus: 'xhci.0', id: this.serial, serial: this.serial }
    await monitor('device_add', { ...device, drive: node, removable: true })
  }

  /** Without a word, as people do. */
  async pull({ unplug }: Booted): Promise<void> {
    await unplug(this.serial)
  }

  /** What is wrong with its file system, looked at from outside; empty where nothing is. */
  damage(): string {
    const { status, text } = run([...PROGRAMS[this.filesystem].check, this.image])
    return status === 0 ? '' : text
  }

  /** As the system does it that the stick is plugged into next. Returns what is still wrong with it. */
  repair(): string {
    run([...PROGRAMS[this.filesystem].repair, this.image])
    return this.damage()
  }
}

function run([program, ...args]: readonly [string, ...string[]]): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { env: withSystemPath(), encoding: 'utf8' })
  return { status, text: `${program}: ${stdout}${stderr}` }
}

/** Programs for file systems are in /usr/sbin, which PATH may lack. */
function withSystemPath(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`, LC_ALL: 'C' }
}
