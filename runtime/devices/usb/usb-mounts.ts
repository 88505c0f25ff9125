// What of the machine a device process sees in its jail: the nodes of USB devices, and what the system says of them.
// Invariant: a process that opens a device sees that one alone.

import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ChildRights } from '../../processes/child-flags.ts'
import type { UsbPlace } from './worker/calls.ts'

export type Mounts = Required<Pick<ChildRights, 'read' | 'devices'>>

const NODES = '/dev/bus/usb'
/** Links into /sys/devices. */
const LINKS = '/sys/bus/usb/devices'

/** A device that is plugged in, as the kernel names it. */
export interface UsbPort {
  /** As that of UsbPlace. */
  readonly key: string
  /** Of this device, since it was plugged in. */
  readonly identity: string
  /** Its folder in /sys/devices. */
  readonly folder: string
}

/** Where the system tells of its devices without asking them: what is plugged in now, apart from root hubs. Undefined elsewhere. */
export function portsNow(): readonly UsbPort[] | undefined {
  const names = namesNow()
  return names?.flatMap((name) => portAt(join(LINKS, name)) ?? [])
}

/** For the list of devices: all of them, where the system does not say which there are. */
export const EVERYTHING: Mounts = { read: ['/sys/bus/usb'], devices: [NODES] }

/** For some devices. */
export function mountsOf(ports: readonly UsbPort[]): Mounts {
  return {
    read: ['/sys/bus/usb', ...ports.map(({ folder }) => folder)],
    devices: ports.map(({ key }) => nodeOf(key)),
  }
}

/** For one device. */
export function mountsOfPlace({ key }: Pick<UsbPlace, 'key'>): Mounts {
  const port = portsNow()?.find((each) => each.key === key)
  // One that has just gone is not found by the process.
  return port === undefined ? { read: ['/sys/bus/usb'], devices: [nodeOf(key)] } : mountsOf([port])
}

function nodeOf(key: string): string {
  return `${NODES}/${key
    .split(':')
    .map((number) => number.padStart(3, '0'))
    .join('/')}`
}

function namesNow(): readonly string[] | undefined {
  try {
    // Interfaces have a colon in their names, and root hubs are called "usb1".
    return readdirSync(LINKS).filter((name) => /^[\d.-]+$/.test(name))
  } catch {
    return undefined // Not Linux, or a machine without USB.
  }
}

/** From attributes that the kernel knows: others, such as names, are read only when a device has been configured, which may take it for ever. */
function portAt(link: string): UsbPort | undefined {
  try {
    const folder = realpathSync(link)
    const [bus, address, ...ids] = ['busnum', 'devnum', 'idVendor', 'idProduct'].map((name) =>
      readFileSync(join(folder, name), 'latin1').trim(),
    )
    const { ino } = statSync(folder, { bigint: true })
    return {
      key: `${bus?.padStart(3, '0')}:${address}`,
      identity: [bus, address, ...ids, ino].join(' '),
      folder,
    }
  } catch {
    return undefined // It has just gone.
  }
}
