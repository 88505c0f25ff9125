// Permissions with levels: a level includes the lower ones.

import type { Kind } from '../kind.ts'
import type { PermissionWords } from '../row.ts'

interface Level<Name> {
  readonly name: Name
  readonly label: string
  /** Words that differ from the permission's own. */
  readonly words?: Partial<PermissionWords>
}

/** @param levels lowest first */
export function level<const Name extends string>(levels: readonly Level<Name>[]): Kind<Name> {
  const rank = (wanted: Name) => levels.findIndex(({ name }) => name === wanted)
  return {
    schema: () => ({ enum: levels.map(({ name }) => name) }),
    pieces: (value) => (rank(value) < 0 ? [value] : levels.slice(0, rank(value) + 1).map(({ name }) => name)),
    join: (pieces) => pieces.reduce((a, b) => (rank(a) > rank(b) ? a : b)),
    covers: (held, piece) => rank(piece) >= 0 && rank(held) >= rank(piece),
    label: (piece) => levels[rank(piece)]?.label ?? piece,
    words: (value) => levels[rank(value)]?.words ?? {},
    labels: levels.map(({ label }) => label),
    wordings: levels.flatMap(({ words }) => words ?? []),
  }
}
