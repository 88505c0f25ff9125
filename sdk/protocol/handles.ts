// Handles: resources of the host that outlive the call that created them. A guest knows each by a number.
// Invariant: a number is valid only for the instance that it was given to, and is never reused.

/**
 * Counted per plugin, across its instances.
 * @limit `env.db`: loops over `statement.iterate()` that are under way
 * @passed an error with the code `QUOTA_EXCEEDED` is thrown
 */
const MAX_CURSORS = 8

export interface HandleRow {
  /** Maximum number of open handles. */
  readonly max: number
  /** Completes "More than 8 …". */
  readonly words: string
}

export const HANDLES = {
  /** The rest of the rows of a statement. */
  cursor: { max: MAX_CURSORS, words: 'cursors of env.db' },
} as const satisfies Record<string, HandleRow>

export type HandleKind = keyof typeof HANDLES

/** Undefined for a value that cannot be a handle. */
export function parseHandle(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined
}

/** Number of open handles of each kind. */
export type HandleCounts = Record<HandleKind, number>

export function noHandles(): HandleCounts {
  return { cursor: 0 }
}
