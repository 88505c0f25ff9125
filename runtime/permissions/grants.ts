// Compares permissions: whether a grant is within what was requested, and what a release requests beyond what was decided.
// Invariant: anything that is not provably within counts as beyond.

import type { Kind } from '../../sdk/permissions/kind.ts'
import { PERMISSIONS, type Permissions } from '../../sdk/permissions/permissions.ts'
import { type PermissionTable, rowOf } from '../../sdk/permissions/row.ts'

/** Whether every granted permission was requested, and is at least as narrow as the request. */
export function isWithin(granted: Permissions, asked: Permissions, table?: PermissionTable): boolean {
  return Object.keys(difference(granted, asked, table)).length === 0
}

/** Whether nothing is requested. An empty list requests nothing. */
export function isNothing(permissions: Permissions, table?: PermissionTable): boolean {
  return isWithin(permissions, {}, table)
}

/** What `asked` holds beyond `before`: whole pieces, never parts of one. `{}` if there is nothing. */
export function difference(asked: Permissions, before: Permissions, table?: PermissionTable): Permissions {
  return select(asked, { by: before, isCovered: false, table })
}

/** The part of a grant that a release requests. */
export function narrowTo(grants: Permissions, asked: Permissions, table?: PermissionTable): Permissions {
  return select(grants, { by: asked, isCovered: true, table })
}

/** Everything that is in one of both. */
export function union(
  one: Permissions,
  other: Permissions,
  table: PermissionTable = PERMISSIONS,
): Permissions {
  const first: Readonly<Record<string, unknown>> = one
  const added = Object.entries(difference(other, one, table)).map(([name, value]) => {
    const kind = rowOf(name, table)?.kind
    if (kind === undefined || !Object.hasOwn(first, name)) return [name, value]
    const [piece, ...rest] = [...kind.pieces(first[name]), ...kind.pieces(value)]
    return [name, piece === undefined ? value : kind.join([piece, ...rest])]
  })
  return { ...one, ...Object.fromEntries(added) }
}

interface Selection {
  readonly by: Permissions
  /** Whether to keep the pieces that `by` covers, or the others. */
  readonly isCovered: boolean
  readonly table: PermissionTable | undefined
}

function select(from: Permissions, { by, isCovered, table = PERMISSIONS }: Selection): Permissions {
  const holders: Readonly<Record<string, unknown>> = by
  const kept = Object.entries(from).flatMap(([name, value]): [string, unknown][] => {
    if (value === undefined) return []
    const kind = rowOf(name, table)?.kind
    if (kind === undefined) return isCovered ? [] : [[name, value]]
    const held = Object.hasOwn(holders, name) ? holders[name] : undefined
    const [first, ...rest] = kind.pieces(value).filter((piece) => holds(kind, held, piece) === isCovered)
    return first === undefined ? [] : [[name, kind.join([first, ...rest])]]
  })
  return Object.fromEntries(kept)
}

function holds(kind: Kind<unknown>, held: unknown, piece: unknown): boolean {
  return held !== undefined && kind.covers(held, piece)
}
