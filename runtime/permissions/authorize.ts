// Authorization: the only place that decides, for principals and for guests.
// Invariant: default deny; every path without an explicit grant throws, in tests too.

import { holds } from '../../sdk/permissions/permission-strings.ts'
import { PERMISSIONS, type Permissions } from '../../sdk/permissions/permissions.ts'
import { type PermissionTable, rowOf, type ValueOf } from '../../sdk/permissions/row.ts'
import { PlugbayError } from '../errors.ts'
import type { Principal } from './principal.ts'

/** What a guest needs for one host call: the permission, and which piece of it if the call concerns only one. */
export type GuestNeed<Table extends PermissionTable = typeof PERMISSIONS> = {
  readonly [Name in NameOf<Table>]: { readonly permission: Name; readonly value?: ValueOf<Table[Name]> }
}[NameOf<Table>]

type NameOf<Table> = Extract<keyof Table, string>

/**
 * Passes when the principal holds the permission.
 * @throws PlugbayError UNAUTHENTICATED without a principal, FORBIDDEN without the permission
 */
export function authorize(principal: Principal | null, permission: string): asserts principal is Principal {
  if (principal === null) throw new PlugbayError('UNAUTHENTICATED')
  permit(holds(principal.permissions, permission), () => {
    return new PlugbayError('FORBIDDEN', `"${principal.name}" does not hold the permission "${permission}"`)
  })
}

/**
 * Passes when the guest's plugin was granted what the call needs.
 * @throws PlugbayError PERMISSION_DENIED that names what is missing and where to declare it
 */
export function authorizeGuest<Table extends PermissionTable = typeof PERMISSIONS>(
  grants: Permissions,
  need: NoInfer<GuestNeed<Table>>,
  table?: Table,
): void {
  permit(isGranted(grants, need, table ?? PERMISSIONS), () => {
    const { permission, value } = need
    return new PlugbayError(
      'PERMISSION_DENIED',
      `The permission "${permission}" is not granted${value === undefined ? '' : ` for ${quoted(value)}`}: ` +
        `declare it under "permissions.${permission}" in manifest.json, and have an administrator grant it`,
    )
  })
}

function permit(allowed: boolean, refusal: () => PlugbayError): void {
  if (allowed !== true) throw refusal()
}

interface AnyNeed {
  readonly permission: string
  readonly value?: unknown
}

function isGranted(grants: Permissions, { permission, value }: AnyNeed, table: PermissionTable): boolean {
  const kind = rowOf(permission, table)?.kind
  // Only own keys count as grants: nothing is granted through a prototype.
  if (kind === undefined || !Object.hasOwn(grants, permission)) return false
  const granted: unknown = grants[permission as keyof Permissions]
  const wanted = kind.pieces(value ?? granted)
  return wanted.length > 0 && wanted.every((piece) => kind.covers(granted, piece))
}

function quoted(value: unknown): string {
  return (Array.isArray(value) ? value : [value]).map((part) => JSON.stringify(part)).join(', ')
}
