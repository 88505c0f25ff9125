// Arithmetic of grants: which single pieces a manifest asks, and which of them are granted.
// Invariant: a set built from chosen pieces is never wider than what was asked.

import type { Permissions } from '../api/types.ts'
import { describePermissions } from './describe.ts'

/** One thing that can be switched on or off: a permission, or one entry of its list. */
export interface GrantPiece {
  /** For example `kv`, `network:0`, `volumes:readwrite`. */
  readonly key: string
  readonly label: string
}

type Values = Readonly<Record<string, unknown>>

/** The pieces of one asked permission: one for yes-or-no, one per entry for lists, read and write for volumes. */
export function piecesOf(asked: Permissions, name: string): readonly GrantPiece[] {
  const value = (asked as Values)[name]
  if (Array.isArray(value)) {
    const details = describePermissions({ [name]: value } as Permissions)[0]?.details ?? []
    return details.map((label, index) => ({ key: `${name}:${index}`, label }))
  }
  if (name === 'volumes' && value === 'readwrite')
    return [
      { key: 'volumes:read', label: 'Read files' },
      { key: 'volumes:readwrite', label: 'Change and delete files' },
    ]
  return [{ key: name === 'volumes' ? 'volumes:read' : name, label: '' }]
}

export function allPieces(asked: Permissions): ReadonlySet<string> {
  return new Set(Object.keys(asked).flatMap((name) => piecesOf(asked, name).map((piece) => piece.key)))
}

/** The pieces of `asked` that `granted` holds. */
export function grantedPieces(asked: Permissions, granted: Permissions): ReadonlySet<string> {
  const keys = new Set<string>()
  for (const [name, wanted] of Object.entries(asked as Values)) {
    const given = (granted as Values)[name]
    if (given === undefined) continue
    if (name === 'volumes') {
      keys.add('volumes:read')
      if (given === 'readwrite' && wanted === 'readwrite') keys.add('volumes:readwrite')
    } else if (Array.isArray(wanted) && Array.isArray(given)) {
      const held = new Set(given.map(canonical))
      wanted.forEach((entry, index) => {
        if (held.has(canonical(entry))) keys.add(`${name}:${index}`)
      })
    } else keys.add(name)
  }
  return keys
}

/** The grants that the chosen pieces make, shaped like `asked`. */
export function grantsOf(asked: Permissions, chosen: ReadonlySet<string>): Permissions {
  const grants: Record<string, unknown> = {}
  for (const [name, wanted] of Object.entries(asked as Values)) {
    if (name === 'volumes') {
      if (chosen.has('volumes:readwrite')) grants[name] = 'readwrite'
      else if (chosen.has('volumes:read')) grants[name] = 'read'
    } else if (Array.isArray(wanted)) {
      const entries = wanted.filter((_, index) => chosen.has(`${name}:${index}`))
      if (entries.length > 0) grants[name] = entries
    } else if (chosen.has(name)) grants[name] = wanted
  }
  return grants as Permissions
}

/** `chosen` with one piece switched. Changing files includes reading them. */
export function togglePiece(chosen: ReadonlySet<string>, key: string): ReadonlySet<string> {
  const next = new Set(chosen)
  if (next.has(key)) {
    next.delete(key)
    if (key === 'volumes:read') next.delete('volumes:readwrite')
  } else {
    next.add(key)
    if (key === 'volumes:readwrite') next.add('volumes:read')
  }
  return next
}

export function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && a.isSubsetOf(b)
}

/** Key order must not matter when two filters are compared. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
