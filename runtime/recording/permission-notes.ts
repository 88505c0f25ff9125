// Which pieces of permissions a plugin has used, and which were refused for lack of a grant.
// Invariant: bounded; a plugin that makes up names fills no memory.

import type { PermissionName } from '../../sdk/permissions/permissions.ts'

const MOST_PIECES = 200
const MOST_CHARACTERS = 2000

/** A piece of a permission: one origin of `network`; without a value, the permission as such. */
export interface Piece {
  readonly permission: PermissionName
  readonly value?: unknown
}

export class PermissionNotes {
  readonly #used = new Map<string, Piece>()
  readonly #lacked = new Map<string, Piece>()

  get used(): readonly Piece[] {
    return [...this.#used.values()]
  }

  get lacked(): readonly Piece[] {
    return [...this.#lacked.values()]
  }

  use(piece: Piece): void {
    keep(this.#used, piece)
  }

  lack(piece: Piece): void {
    keep(this.#lacked, piece)
  }
}

function keep(pieces: Map<string, Piece>, { permission, value }: Piece): void {
  const key = JSON.stringify([permission, value])
  if (pieces.size >= MOST_PIECES || key.length > MOST_CHARACTERS) return
  if (!pieces.has(key)) pieces.set(key, value === undefined ? { permission } : { permission, value })
}
