// Who may do what: the one decision of the runtime, for principals and for guests.
// Invariant: default deny; every way out that is not an explicit grant throws, in tests too.

import type { PermissionName, Permissions } from '../../sdk/protocol/permissions.ts'
import { PlugbayError } from '../errors.ts'
import { holds, matchesPattern } from './permission-strings.ts'
import type { Principal } from './principal.ts'

/** What a guest needs for one host call: the permission, and the one thing out of its list where it has one. */
export type GuestNeed =
  | { readonly permission: Exclude<PermissionName, 'network' | 'volumes' | 'events' | 'host'> }
  | { readonly permission: 'network'; readonly origin?: string }
  | { readonly permission: 'volumes'; readonly mode?: 'read' | 'readwrite' }
  | { readonly permission: 'events'; readonly event?: string }
  | { readonly permission: 'host'; readonly name?: string }

/**
 * Lets a principal pass who holds a permission.
 * @throws PlugbayError UNAUTHENTICATED without a principal, FORBIDDEN without the permission
 */
export function authorize(principal: Principal | null, permission: string): asserts principal is Principal {
  if (principal === null) throw new PlugbayError('UNAUTHENTICATED')
  permit(holds(principal.permissions, permission), () => {
    return new PlugbayError('FORBIDDEN', `"${principal.name}" does not hold the permission "${permission}"`)
  })
}

/**
 * Lets a guest pass whose plugin was granted what the call needs.
 * @throws PlugbayError PERMISSION_DENIED that names what is missing and where to declare it
 */
export function authorizeGuest(grants: Permissions, need: GuestNeed): void {
  permit(isGranted(grants, need), () => {
    return new PlugbayError(
      'PERMISSION_DENIED',
      `The permission "${need.permission}" is not granted${detailOf(need)}: declare it under "permissions.${need.permission}" ` +
        'in manifest.json, and have an administrator grant it',
    )
  })
}

function permit(allowed: boolean, refusal: () => PlugbayError): void {
  if (allowed !== true) throw refusal()
}

function isGranted(grants: Permissions, need: GuestNeed): boolean {
  // A grant is the plugin's own key only: nothing is granted through a prototype.
  if (!Object.hasOwn(grants, need.permission)) return false
  switch (need.permission) {
    case 'kv':
    case 'database':
    case 'tasks':
      return grants[need.permission] === true
    case 'usb':
      return isNonEmpty(grants.usb)
    case 'network':
      return inList(grants.network, need.origin, (granted, origin) => granted === origin)
    case 'events':
      return inList(grants.events, need.event, matchesPattern)
    case 'host':
      return inList(grants.host, need.name, matchesPattern)
    case 'volumes':
      return grants.volumes === 'readwrite' || (grants.volumes === 'read' && need.mode !== 'readwrite')
    default:
      return false
  }
}

function inList(
  granted: readonly string[] | undefined,
  wanted: string | undefined,
  matches: (granted: string, wanted: string) => boolean,
): boolean {
  if (granted === undefined || !isNonEmpty(granted)) return false
  return wanted === undefined || granted.some((each) => matches(each, wanted))
}

function isNonEmpty(list: readonly unknown[] | undefined): boolean {
  return list !== undefined && list.length > 0
}

function detailOf(need: GuestNeed): string {
  if (need.permission === 'network' && need.origin !== undefined) return ` for the origin "${need.origin}"`
  if (need.permission === 'volumes' && need.mode !== undefined) return ` for "${need.mode}"`
  if (need.permission === 'events' && need.event !== undefined) return ` for the event "${need.event}"`
  if (need.permission === 'host' && need.name !== undefined) return ` for "${need.name}"`
  return ''
}
