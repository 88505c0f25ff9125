// The only error class of the store: a code of the shared table, a message for the log, the cause.
// Invariant: every method of the store rejects with a StoreError and nothing else.

import type { ErrorCode } from '../sdk/protocol/error-codes.ts'

export class StoreError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'StoreError'
    this.code = code
  }
}

/** Codes of the system and of SQLite that concern the disk. */
const DISK_CODES: ReadonlyMap<string, ErrorCode> = new Map([
  ['ENOSPC', 'STORE_FULL'],
  ['EDQUOT', 'STORE_FULL'],
  ['SQLITE_FULL', 'STORE_FULL'],
  // SQLite's name for a shared-memory file (WAL mode) that could not grow.
  ['SQLITE_IOERR_SHMSIZE', 'STORE_FULL'],
  ['EROFS', 'STORE_READ_ONLY'],
  ['EACCES', 'STORE_READ_ONLY'],
  ['EPERM', 'STORE_READ_ONLY'],
])

/** What a code of the system or of SQLite says about the disk; undefined for other codes. */
export function diskErrorCode(code: string | undefined): ErrorCode | undefined {
  if (code?.startsWith('SQLITE_READONLY')) return 'STORE_READ_ONLY'
  return code === undefined ? undefined : DISK_CODES.get(code)
}

/** Converts any failure below the store into a StoreError: STORE_FULL, STORE_READ_ONLY, or INTERNAL. */
export function toStoreError(error: unknown, doing: string): StoreError {
  if (error instanceof StoreError) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new StoreError(diskErrorCode(codeOf(error)) ?? 'INTERNAL', `${doing}: ${reason}`, error)
}

/** The system's or SQLite's error code, for example "ENOENT" or "SQLITE_BUSY". */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' ? error.code : undefined
}
