// Handles: things of the host that outlive the call that made them. A guest knows each by a number.
// Invariant: a number means something to the instance that it was given to, and to no other; none is given twice.

/**
 * Of one plugin, whatever instance of it holds them.
 * @limit `env.db`: loops over `statement.iterate()` that are under way
 * @passed an error with the code `QUOTA_EXCEEDED` is thrown
 */
const MAX_CURSORS = 8

export interface HandleRow {
  /** So many may be open at once. */
  readonly max: number
  /** As in "More than 8 cursors". */
  readonly words: string
}

export const HANDLES = {
  /** The rest of the rows of a statement. */
  cursor: { max: MAX_CURSORS, words: 'cursors of env.db' },
} as const satisfies Record<string, HandleRow>

export type HandleKind = keyof typeof HANDLES

/** Undefined for what no handle can be. */
export function parseHandle(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined
}

/** What is open of each kind. */
export type HandleCounts = Record<HandleKind, number>

export function noHandles(): HandleCounts {
  return { cursor: 0 }
}
