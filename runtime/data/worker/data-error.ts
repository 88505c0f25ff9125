// The error of an operation of the data process: a code of the shared table and a message that the plugin may read.

import { statfsSync } from 'node:fs'
import type { ErrorCode } from '../../../sdk/protocol/error-codes.ts'

export class DataError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'DataError'
    this.code = code
  }
}

/** https://sqlite.org/rescode.html; the low byte of an extended code is its kind. */
const SQLITE_FULL = 13
const SQLITE_IOERR_SHMSIZE = 4874

/** Whether SQLite could not enlarge a file: the disk is full, or the file has reached its page limit. */
export function isOutOfSpace(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  if ('errcode' in error && typeof error.errcode === 'number') {
    return (error.errcode & 0xff) === SQLITE_FULL || error.errcode === SQLITE_IOERR_SHMSIZE
  }
  return 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}

/** Free space below which a disk counts as full: less than one value and its page of a journal. */
const LEAST_SPACE = 4_000_000

/**
 * Tells a full disk from a full quota. SQLite has one code for both, and has rolled back by the time the file size is checked.
 * A write-ahead log keeps its length after a rollback, so a disk that was full still is.
 */
export function hasSpace(folder: string): boolean {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize >= LEAST_SPACE
}

const SQLITE_READONLY = 8

/** The failure as an error about the disk; undefined when the disk is not the cause. */
export function diskErrorOf(error: unknown): DataError | undefined {
  if (isOutOfSpace(error)) return new DataError('STORE_FULL', 'The server has no space left', error)
  if (typeof error !== 'object' || error === null) return undefined
  const isReadOnly =
    ('errcode' in error && typeof error.errcode === 'number' && (error.errcode & 0xff) === SQLITE_READONLY) ||
    ('code' in error && (error.code === 'EROFS' || error.code === 'EACCES' || error.code === 'EPERM'))
  return isReadOnly ? new DataError('STORE_READ_ONLY', 'The server cannot write', error) : undefined
}
