// A machine as the kernel describes it: the folders that the drives are read from, with the files that a real one has there.

import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { DriveFolders } from '../../../runtime/devices/volumes/drives.ts'

export interface FakePartition {
  /** "sdb1" */
  readonly name: string
  /** "8:17" */
  readonly number: string
  readonly label?: string
  readonly uuid?: string
}

export interface FakeDisk {
  readonly name: string
  readonly number: string
  /** Where it hangs, below /sys/devices. */
  readonly place: string
  readonly files?: Readonly<Record<string, string>>
  readonly partitions: readonly FakePartition[]
}

export class FakeSystem {
  readonly folders: DriveFolders
  readonly #mounts: string[] = []

  constructor(folder: string) {
    const [proc = '', sys = '', dev = '', run = ''] = ['proc', 'sys', 'dev', 'run'].map((name) =>
      join(folder, name),
    )
    this.folders = { proc, sys, dev, run }
  }

  /** A stick on a USB port, with a serial number. */
  async addStick(port: string, disk: Omit<FakeDisk, 'place'> & { readonly serial?: string }): Promise<void> {
    const usb = `pci0000:00/usb1/${port}`
    await this.#write(join('devices', usb, 'idVendor'), '0781')
    if (disk.serial !== undefined) await this.#write(join('devices', usb, 'serial'), `${disk.serial}\n`)
    await this.addDisk({ ...disk, place: `${usb}/${port}:1.0/host2/target2:0:0/2:0:0:0/block/${disk.name}` })
  }

  async addDisk({ name, number, place, files = {}, partitions }: FakeDisk): Promise<void> {
    for (const [file, text] of Object.entries(files)) await this.#write(join('devices', place, file), text)
    await this.#link(name, number, place)
    for (const partition of partitions) {
      const at = join(place, partition.name)
      await this.#write(join('devices', at, 'partition'), '1\n')
      await this.#write(join('devices', at, 'size'), '2048\n')
      await this.#link(partition.name, partition.number, at)
      await this.#mark(partition)
    }
  }

  /** A device that another one is mapped to, such as an encrypted partition. */
  async addMapped(mapped: FakePartition, below: string, placeBelow: string): Promise<void> {
    const at = `virtual/block/${mapped.name}`
    await mkdir(join(this.folders.sys, 'devices', at, 'slaves'), { recursive: true })
    const target = join(this.folders.sys, 'devices', placeBelow)
    await symlink(target, join(this.folders.sys, 'devices', at, 'slaves', below))
    await this.#link(mapped.name, mapped.number, at)
    await this.#mark(mapped)
  }

  /** From then on, a device has its marks when its record is there. */
  async startUdev(): Promise<void> {
    await mkdir(join(this.folders.run, 'udev/data'), { recursive: true })
    await writeFile(join(this.folders.run, 'udev/control'), '')
  }

  /** What udev does last with a device. */
  async settle(partition: FakePartition): Promise<void> {
    await this.#mark(partition)
    await writeFile(join(this.folders.run, 'udev/data', `b${partition.number}`), '')
  }

  /** Fields of a line of mountinfo that matter: device, root, target, type and source. */
  async mount(device: string, target: string, type: string, source: string, root = '/'): Promise<void> {
    const below = this.#mounts.findLast((line) => line.split(' ')[4] === target)?.split(' ')[0] ?? 1
    this.#mounts.push(
      `${30 + this.#mounts.length} ${below} ${device} ${root} ${target} rw,nosuid shared:1 - ${type} ${source} rw`,
    )
    await this.#save()
  }

  async unmount(target: string): Promise<void> {
    const index = this.#mounts.findIndex((line) => line.split(' ')[4] === target)
    this.#mounts.splice(index, 1)
    await this.#save()
  }

  async #save(): Promise<void> {
    await mkdir(join(this.folders.proc, 'self'), { recursive: true })
    await writeFile(join(this.folders.proc, 'self/mountinfo'), `${this.#mounts.join('\n')}\n`)
  }

  async #write(path: string, text: string): Promise<void> {
    const file = join(this.folders.sys, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
  }

  async #link(name: string, number: string, place: string): Promise<void> {
    const target = join(this.folders.sys, 'devices', place)
    await mkdir(target, { recursive: true })
    for (const link of [`dev/block/${number}`, `class/block/${name}`]) {
      const path = join(this.folders.sys, link)
      await mkdir(dirname(path), { recursive: true })
      await symlink(target, path)
    }
  }

  async #mark({ name, label, uuid }: FakePartition): Promise<void> {
    const marks = [...(label ? [['by-label', label]] : []), ...(uuid ? [['by-uuid', uuid]] : [])]
    for (const [folder = '', mark = ''] of marks) {
      const path = join(this.folders.dev, 'disk', folder, mark)
      await mkdir(dirname(path), { recursive: true })
      await symlink(`../../${name}`, path)
    }
  }
}
