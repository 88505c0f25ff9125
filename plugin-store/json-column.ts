// JSON in text columns. This store wrote it, so JSON that does not parse is reported as damage.

import type { ErrorCode } from '../sdk/protocol/error-codes.ts'
import { StoreError } from './store-error.ts'

/**
 * @param refusal the code for a `value` that JSON cannot hold
 * @throws StoreError with that code
 */
export function toJson(value: unknown, refusal: ErrorCode = 'INTERNAL'): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (error) {
    throw new StoreError(refusal, 'The value cannot be written as JSON', error)
  }
  if (text === undefined) throw new StoreError(refusal, 'The value cannot be written as JSON')
  return text
}

/** The schema checks that the column is JSON (json_valid); its shape is guaranteed by the code that wrote it. */
export function fromJson<T>(text: string): T {
  return JSON.parse(text) as T
}
