// The one error class of the store: a code of the shared table, a sentence for the log, the cause.
// Invariant: everything that a method of the store rejects with is a StoreError.

import type { ErrorCode } from '../sdk/protocol/error-codes.ts'

export class StoreError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StoreError'
    this.code = code
  }
}

const FULL_CODES: ReadonlySet<string> = new Set([
  'ENOSPC',
  'EDQUOT',
  'SQLITE_FULL',
  // SQLite's name for a shared-memory file (WAL mode) that could not grow.
  'SQLITE_IOERR_SHMSIZE',
])

/**
 * Turns whatever failed below the store into a StoreError: STORE_FULL when space ran out, INTERNAL otherwise.
 * @param doing what failed, as the start of a sentence: `Cannot write the catalog`
 */
export function toStoreError(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error
  const code = codeOf(error)
  const reason = error instanceof Error ? error.message : String(error)
  return new StoreError(
    code !== undefined && FULL_CODES.has(code) ? 'STORE_FULL' : 'INTERNAL',
    `${doing}: ${reason}`,
    error,
  )
}

/** The system's or SQLite's code of an error, for example "ENOENT" or "SQLITE_BUSY". */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
