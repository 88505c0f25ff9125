// Comparing permissions: is a grant within what was asked, and what does a release ask beyond what was decided.
// Invariant: what cannot be shown to be within counts as beyond.

import type { Permissions, UsbFilter } from '../../sdk/protocol/permissions.ts'
import { matchesPattern } from './permission-strings.ts'

const FLAGS = ['kv', 'database', 'tasks'] as const
const PATTERNS = ['events', 'host'] as const
const USB_FIELDS = ['vendorId', 'productId', 'classCode', 'serialNumber'] as const

/** Whether every granted permission is asked, and each at least as narrow as what is asked. */
export function isWithin(granted: Permissions, asked: Permissions): boolean {
  return isNothing(difference(granted, asked))
}

/** Whether nothing is asked. An empty list asks for nothing. */
export function isNothing(permissions: Permissions): boolean {
  return Object.values(permissions).every((value) => Array.isArray(value) && value.length === 0)
}

/** What `asked` holds beyond `before`: whole list entries, never parts of one. `{}` when there is nothing. */
export function difference(asked: Permissions, before: Permissions): Permissions {
  const beyond: { -readonly [Name in keyof Permissions]: Permissions[Name] } = {}
  for (const name of FLAGS) {
    if (asked[name] === true && before[name] !== true) beyond[name] = true
  }
  for (const name of PATTERNS) {
    const rest = without(asked[name], before[name], matchesPattern)
    if (rest.length > 0) beyond[name] = rest
  }
  const network = without(asked.network, before.network, (a, b) => originOf(a) === originOf(b))
  if (network.length > 0) beyond.network = network
  const usb = without(asked.usb, before.usb, isWiderFilter)
  if (usb.length > 0) beyond.usb = usb
  if (asked.volumes !== undefined && before.volumes !== 'readwrite' && asked.volumes !== before.volumes) {
    beyond.volumes = asked.volumes
  }
  return beyond
}

function without<T>(
  asked: readonly T[] | undefined,
  before: readonly T[] | undefined,
  takesIn: (before: T, asked: T) => boolean,
): readonly T[] {
  return (asked ?? []).filter((each) => !(before ?? []).some((known) => takesIn(known, each)))
}

/** A filter is wider when each field that it sets is set to the same value in the other one. */
function isWiderFilter(wide: UsbFilter, narrow: UsbFilter): boolean {
  return USB_FIELDS.every((field) => wide[field] === undefined || wide[field] === narrow[field])
}

/** Two spellings of one origin are the same origin; what is no URL stands for itself. */
function originOf(text: string): string {
  const url = URL.parse(text)
  return url === null || url.origin === 'null' ? text : url.origin
}
