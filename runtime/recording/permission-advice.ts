// Compares what a manifest asks for with what the plugin has used: what it lacks, what it never used, and a manifest for both.
// Invariant: what the server does not see the use of is neither called unused nor left out.

import type { PermissionAdvice } from '../../sdk/api/recordings.ts'
import type { Kind } from '../../sdk/permissions/kind.ts'
import { PERMISSIONS, type PermissionName, type Permissions } from '../../sdk/permissions/permissions.ts'
import { rowOf } from '../../sdk/permissions/row.ts'
import { HOST_CALLS } from '../../sdk/protocol/host-calls.ts'
import { lineDiff } from '../templates/line-diff.ts'
import type { PermissionNotes, Piece } from './permission-notes.ts'

/** Their uses are seen: host calls need them. */
const SEEN: ReadonlySet<string> = new Set(
  Object.values(HOST_CALLS).flatMap(({ permission }) => (permission === null ? [] : [permission])),
)

export function permissionAdvice(
  asked: Permissions,
  { used, lacked }: Pick<PermissionNotes, 'used' | 'lacked'>,
): PermissionAdvice {
  const lacking = lackedPieces(asked, lacked)
  const unused = namesOf(asked)
    .filter((permission) => SEEN.has(permission))
    .flatMap((permission) => unusedPieces(permission, asked[permission], used))
  const kept = new Map<PermissionName, unknown[]>()
  const add = ({ permission, value }: Piece) =>
    value === undefined ? undefined : kept.set(permission, [...(kept.get(permission) ?? []), value])
  for (const permission of namesOf(asked))
    for (const value of kindOf(permission).pieces(asked[permission]))
      if (!unused.some((piece) => isSame(piece, { permission, value }))) add({ permission, value })
  for (const piece of lacking) add(piece)
  const suggested = Object.fromEntries(
    [...kept].flatMap(([permission, [first, ...more]]) =>
      first === undefined ? [] : [[permission, kindOf(permission).join([first, ...more])]],
    ),
  )
  return {
    ...{ asked, suggested },
    diff: lineDiff(JSON.stringify(asked, undefined, 2), JSON.stringify(suggested, undefined, 2)),
    lacking: lacking.map(shown),
    unused: unused.map(shown),
    unseen: namesOf(asked).filter((permission) => !SEEN.has(permission)),
  }
}

/** What was refused, but for what the manifest asks for by now. Of a list without a name that is known: the permission alone. */
function lackedPieces(asked: Permissions, lacked: readonly Piece[]): readonly Piece[] {
  const pieces = lacked.flatMap(({ permission, value }): readonly Piece[] => {
    const kind = kindOf(permission)
    if (value === undefined) {
      const isFlag = kind.schema('asked').type === 'boolean'
      return Object.hasOwn(asked, permission) ? [] : [{ permission, ...(isFlag && { value: true }) }]
    }
    const isAsked = Object.hasOwn(asked, permission) && kind.covers(asked[permission], value)
    return isAsked ? [] : kind.pieces(value).map((each) => ({ permission, value: each }))
  })
  return pieces.filter(
    (piece, index) =>
      pieces.findIndex((other) => isSame(other, piece)) === index &&
      (piece.value !== undefined ||
        !pieces.some(({ permission, value }) => permission === piece.permission && value !== undefined)),
  )
}

function unusedPieces(permission: PermissionName, asked: unknown, used: readonly Piece[]): readonly Piece[] {
  const kind = kindOf(permission)
  const own = used.filter((piece) => piece.permission === permission)
  const pieces = kind.pieces(asked)
  // Where no call names a piece, a call uses all of them.
  if (!isNamed(kind)) return own.length > 0 ? [] : pieces.map((value) => ({ permission, value }))
  return pieces
    .filter((piece) => !own.some(({ value }) => value !== undefined && kind.covers(piece, value)))
    .map((value) => ({ permission, value }))
}

/** Whether calls name the piece that they need: a level, or one of a list of texts. Others are used as a whole. */
function isNamed(kind: Kind<unknown>): boolean {
  const { enum: levels, items } = kind.schema('asked')
  return (
    levels !== undefined ||
    (typeof items === 'object' && items !== null && 'type' in items && items.type === 'string')
  )
}

function kindOf(permission: string): Kind<unknown> {
  const kind = rowOf(permission, PERMISSIONS)?.kind
  if (kind === undefined) throw new TypeError(`There is no permission "${permission}"`)
  return kind
}

function namesOf(asked: Permissions): readonly PermissionName[] {
  return Object.keys(asked) as PermissionName[]
}

function isSame(one: Piece, other: Piece): boolean {
  return one.permission === other.permission && JSON.stringify(one.value) === JSON.stringify(other.value)
}

function shown({ permission, value }: Piece): PermissionAdvice['unused'][number] {
  return {
    permission,
    label: value === undefined ? '' : kindOf(permission).label(value),
    value: value ?? null,
  }
}
