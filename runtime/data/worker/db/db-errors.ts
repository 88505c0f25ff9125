// Translates SQLite's errors for a plugin, in D1's wording: "D1_ERROR: <sentence>: <SQLITE_CODE>".
// Invariant: the text holds no path and nothing of another plugin.

import { DataError } from '../data-error.ts'

/** https://sqlite.org/rescode.html, by the low byte of an extended code. */
const NAMES: Readonly<Record<number, string>> = {
  1: 'SQLITE_ERROR',
  4: 'SQLITE_ABORT',
  8: 'SQLITE_READONLY',
  18: 'SQLITE_TOOBIG',
  19: 'SQLITE_CONSTRAINT',
  20: 'SQLITE_MISMATCH',
  21: 'SQLITE_MISUSE',
  23: 'SQLITE_AUTH',
  25: 'SQLITE_RANGE',
}

/** The primary code of SQLite; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return undefined
  return typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}

/** The sentence for the author: SQLite's message, or the authorizer's refusal. */
export function sentenceOf(error: unknown, refusal: string | undefined): string {
  if (refusal !== undefined) return `not authorized: ${refusal}`
  return error instanceof Error ? error.message : String(error)
}

/** DATABASE_ERROR when the statement is the cause; undefined when the file or the machine is. */
export function statementError(error: unknown, refusal: string | undefined): DataError | undefined {
  const code = sqliteCode(error)
  const name = code === undefined ? undefined : NAMES[code]
  if (name === undefined) return undefined
  return new DataError('DATABASE_ERROR', `D1_ERROR: ${sentenceOf(error, refusal)}: ${name}`, error)
}

export function refused(sentence: string): DataError {
  return new DataError('DATABASE_ERROR', `D1_ERROR: ${sentence}: SQLITE_ERROR`)
}
