// The only error class of the runtime: a code of the table, a message for the log, problems for the author.
// Invariant: strangers see the table's title; `message` may hold details and stays inside.

import type { Problem } from '../sdk/api/problems.ts'
import { ERROR_CODES, type ErrorCode } from '../sdk/protocol/error-codes.ts'
import type { ErrorRow } from '../sdk/protocol/error-row.ts'

export type { Problem } from '../sdk/api/problems.ts'
export { ERROR_CODES, type ErrorCode, isErrorCode } from '../sdk/protocol/error-codes.ts'

export interface PlugbayErrorOptions {
  readonly problems?: readonly Problem[]
  readonly cause?: unknown
}

export class PlugbayError extends Error {
  readonly code: ErrorCode
  readonly problems: readonly Problem[]

  constructor(code: ErrorCode, message?: string, options: PlugbayErrorOptions = {}) {
    super(
      message ?? ERROR_CODES[code].title,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.name = 'PlugbayError'
    this.code = code
    this.problems = options.problems ?? []
  }

  get row(): ErrorRow {
    return ERROR_CODES[this.code]
  }
}
