// Computes with grants: the single pieces that a manifest requests, and those of them that are granted.
// Invariant: a set built from chosen pieces is never wider than the request.

import { PERMISSIONS, type Permissions } from '../../../../../sdk/permissions/permissions.ts'
import { type PermissionTable, rowOf } from '../../../../../sdk/permissions/row.ts'

/** One switch: a permission, or one piece of it. */
export interface GrantPiece {
  /** For example `kv:true`, `network:["https://a.example"]`, `volumes:"read"`. */
  readonly key: string
  /** In English, or a name from the manifest. */
  readonly label: string
  readonly value: unknown
}

/** The pieces of one requested permission: one for yes-or-no, one per entry for lists, one per level. */
export function piecesOf(
  asked: Permissions,
  name: string,
  table: PermissionTable = PERMISSIONS,
): readonly GrantPiece[] {
  const kind = rowOf(name, table)?.kind
  const value = valueIn(asked, name)
  if (value === undefined) return []
  if (kind === undefined) return [{ key: keyOf(name, value), label: '', value }]
  const pieces = kind.pieces(value).map((piece) => ({
    key: keyOf(name, piece),
    label: kind.label(piece),
    value: piece,
  }))
  return [...new Map(pieces.map((piece) => [piece.key, piece])).values()]
}

export function allPieces(asked: Permissions, table?: PermissionTable): ReadonlySet<string> {
  return keysOf(Object.keys(asked).flatMap((name) => piecesOf(asked, name, table)))
}

/** The pieces of `asked` that `granted` covers. */
export function grantedPieces(
  asked: Permissions,
  granted: Permissions,
  table: PermissionTable = PERMISSIONS,
): ReadonlySet<string> {
  const held = Object.keys(asked).flatMap((name) => {
    const kind = rowOf(name, table)?.kind
    const given = valueIn(granted, name)
    if (kind === undefined || given === undefined) return []
    return piecesOf(asked, name, table).filter(({ value }) => kind.covers(given, value))
  })
  return keysOf(held)
}

/** The grants for the chosen pieces, shaped like `asked`. */
export function grantsOf(
  asked: Permissions,
  chosen: ReadonlySet<string>,
  table: PermissionTable = PERMISSIONS,
): Permissions {
  const grants = Object.keys(asked).flatMap((name): [string, unknown][] => {
    const pieces = piecesOf(asked, name, table).filter(({ key }) => chosen.has(key))
    const [first, ...rest] = pieces.map(({ value }) => value)
    if (first === undefined) return []
    return [[name, rowOf(name, table)?.kind.join([first, ...rest]) ?? first]]
  })
  return Object.fromEntries(grants)
}

interface Switching {
  readonly chosen: ReadonlySet<string>
  readonly key: string
  readonly table?: PermissionTable
}

/** `chosen` with one piece switched. Switching on adds the pieces it covers; switching off removes the pieces that cover it. */
export function togglePiece(
  asked: Permissions,
  { chosen, key, table = PERMISSIONS }: Switching,
): ReadonlySet<string> {
  const isOn = !chosen.has(key)
  const along = Object.keys(asked).flatMap((name) => {
    const pieces = piecesOf(asked, name, table)
    const switched = pieces.find((piece) => piece.key === key)
    const kind = rowOf(name, table)?.kind
    if (switched === undefined || kind === undefined) return []
    return pieces.filter(({ value }) =>
      isOn ? kind.covers(switched.value, value) : kind.covers(value, switched.value),
    )
  })
  const moved = keysOf(along).union(new Set([key]))
  return isOn ? chosen.union(moved) : chosen.difference(moved)
}

export function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && a.isSubsetOf(b)
}

function keysOf(pieces: readonly GrantPiece[]): ReadonlySet<string> {
  return new Set(pieces.map(({ key }) => key))
}

function valueIn(permissions: Permissions, name: string): unknown {
  return Object.entries(permissions).find(([each]) => each === name)?.[1]
}

/** The order of an object's fields must not matter. */
function keyOf(name: string, piece: unknown): string {
  const ordered = JSON.stringify(piece, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  )
  return `${name}:${ordered}`
}
