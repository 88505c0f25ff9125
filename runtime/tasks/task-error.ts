// Refusals of the store that a caller may learn of.

import { StoreError } from '../../plugin-store/store-error.ts'
import { type ErrorCode, PlugbayError } from '../errors.ts'

const TELLABLE: ReadonlySet<ErrorCode> = new Set([
  'QUOTA_EXCEEDED',
  'TASK_UNKNOWN',
  'TASK_CONFLICT',
  'BAD_REQUEST',
])

export function asPlugbayError(error: unknown): unknown {
  return error instanceof StoreError && TELLABLE.has(error.code)
    ? new PlugbayError(error.code, error.message)
    : error
}
