// Every permission in plain words, with its risk. Invariant: a permission this page does not know is shown as high risk,
// never hidden.

import type { PermissionName, Permissions, UsbFilter } from '../api/types.ts'
import type { IconName } from '../components/icon-paths.ts'

export type Risk = 'low' | 'medium' | 'high'

export interface PermissionWords {
  readonly title: string
  /** What the plugin can do with it. */
  readonly sentence: string
  /** What could go wrong. */
  readonly danger: string
  readonly risk: Risk
  readonly icon: IconName
}

const WORDS: Readonly<Record<PermissionName, PermissionWords>> = {
  kv: {
    title: 'Keep data of its own',
    sentence: 'It stores values on this server, in a space of its own with a limited size.',
    danger: 'It cannot read what other plugins or the server store.',
    risk: 'low',
    icon: 'storage',
  },
  database: {
    title: 'Use a database of its own',
    sentence: 'It keeps tables in a database file of its own, with a limited size.',
    danger: 'It cannot reach the databases of other plugins or of the server.',
    risk: 'low',
    icon: 'storage',
  },
  tasks: {
    title: 'Work in the background',
    sentence: 'It starts work by itself, on a schedule or after an event, without a visitor.',
    danger: 'It uses processor time while nobody looks, within its limits.',
    risk: 'low',
    icon: 'clock',
  },
  network: {
    title: 'Talk to other servers',
    sentence: 'It sends requests to the servers in this list, and to no others.',
    danger: 'Whatever it knows, the data of its visitors included, can leave this server that way.',
    risk: 'high',
    icon: 'network',
  },
  usb: {
    title: 'Use USB devices',
    sentence: 'It sees and controls the USB devices that match this list, when they are plugged in.',
    danger: 'It can send any command to such a device: erase it, or change its firmware.',
    risk: 'high',
    icon: 'usb',
  },
  volumes: {
    title: 'Use removable drives',
    sentence: 'It works with the files on USB sticks and other removable drives.',
    danger: 'It can read everything on a drive that somebody plugs in.',
    risk: 'medium',
    icon: 'drive',
  },
  events: {
    title: 'Hear of events',
    sentence: 'It is told when something happens on this server, for events that match this list.',
    danger: 'An event may carry the names or content that it is about.',
    risk: 'medium',
    icon: 'bell',
  },
  host: {
    title: 'Use functions of the application',
    sentence: 'It calls the functions in this list, which the application around the plugins offers.',
    danger: 'What they reach is up to the application: read its documentation.',
    risk: 'high',
    icon: 'server',
  },
}

const READWRITE_VOLUMES: PermissionWords = {
  ...WORDS.volumes,
  sentence: 'It reads, changes and deletes files on USB sticks and other removable drives.',
  danger: 'It can erase a drive that somebody plugs in.',
  risk: 'high',
}

const READ_VOLUMES: PermissionWords = {
  ...WORDS.volumes,
  sentence: 'It reads the files on USB sticks and other removable drives; it cannot change them.',
}

export interface AskedPermission {
  readonly name: string
  readonly words: PermissionWords
  /** The entries of a list (origins, devices, patterns, names); empty for a yes-or-no permission. */
  readonly details: readonly string[]
}

/** What a set of permissions asks, the riskiest first. */
export function describePermissions(permissions: Permissions): readonly AskedPermission[] {
  const order: Readonly<Record<Risk, number>> = { high: 0, medium: 1, low: 2 }
  return Object.entries(permissions)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ({ name, words: wordsOf(name, value), details: detailsOf(name, value) }))
    .sort((a, b) => order[a.words.risk] - order[b.words.risk])
}

function wordsOf(name: string, value: unknown): PermissionWords {
  if (name === 'volumes') return value === 'readwrite' ? READWRITE_VOLUMES : READ_VOLUMES
  if (Object.hasOwn(WORDS, name)) return WORDS[name as PermissionName]
  return {
    title: `"${name}"`,
    sentence: 'This page does not know this permission.',
    danger: 'Read what the server documents about it before you allow it.',
    risk: 'high',
    icon: 'warning',
  }
}

function detailsOf(name: string, value: unknown): readonly string[] {
  if (!Array.isArray(value)) return []
  return value.map((entry: unknown) =>
    name === 'usb' ? describeUsbFilter(entry as UsbFilter) : String(entry),
  )
}

const USB_CLASSES: Readonly<Record<number, string>> = {
  1: 'audio devices',
  2: 'modems and serial adapters',
  3: 'keyboards, mice and other input devices',
  6: 'cameras and scanners',
  7: 'printers',
  8: 'storage devices',
  9: 'hubs',
  10: 'serial data devices',
  11: 'smart card readers',
  14: 'video devices',
  224: 'wireless adapters',
  255: 'devices of a vendor-specific class',
}

/** A filter as words, for example `vendor 0x046D, product 0xC52B`. */
export function describeUsbFilter(filter: UsbFilter): string {
  const parts: string[] = []
  if (filter.vendorId !== undefined) parts.push(`vendor ${hex(filter.vendorId)}`)
  if (filter.productId !== undefined) parts.push(`product ${hex(filter.productId)}`)
  if (filter.classCode !== undefined)
    parts.push(USB_CLASSES[filter.classCode] ?? `device class ${hex(filter.classCode)}`)
  if (filter.serialNumber !== undefined) parts.push(`serial number "${filter.serialNumber}"`)
  return parts.length > 0 ? parts.join(', ') : 'every USB device'
}

function hex(value: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(4, '0')}`
}
