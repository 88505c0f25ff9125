// What of the machine a device process sees in its jail: the nodes of USB devices, and what the system says of them.
// Invariant: a process that opens a device sees that one alone.

import { readdirSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import type { ChildRights } from '../../processes/child-flags.ts'
import type { UsbPlace } from './worker/calls.ts'

export type Mounts = Required<Pick<ChildRights, 'read' | 'devices'>>

const NODES = '/dev/bus/usb'
/** Links into /sys/devices. Reading them touches no device. */
const LINKS = '/sys/bus/usb/devices'

/** For the list of devices: all of them. */
export function mountsOfAll(): Mounts {
  return { read: ['/sys/bus/usb', ...targetsOf((name) => /^usb\d+$/.test(name))], devices: [NODES] }
}

/** For one device. */
export function mountsOf({ key }: Pick<UsbPlace, 'key'>): Mounts {
  const [bus = 0, address = 0] = key.split(':').map(Number)
  const isIt = (name: string): boolean =>
    name.startsWith(`${bus}-`) && numberIn(join(LINKS, name, 'devnum')) === address
  const node = [bus, address].map((number) => String(number).padStart(3, '0')).join('/')
  return { read: ['/sys/bus/usb', ...targetsOf(isIt)], devices: [`${NODES}/${node}`] }
}

function targetsOf(isWanted: (name: string) => boolean): readonly string[] {
  try {
    return readdirSync(LINKS)
      .filter(isWanted)
      .map((name) => realpathSync(join(LINKS, name)))
  } catch {
    return [] // Not Linux, a machine without USB, or a device that has just gone.
  }
}

/** Of an attribute that the kernel knows without asking the device; undefined for an interface, which has none. */
function numberIn(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'latin1'))
  } catch {
    return undefined
  }
}
