// JSON in text columns: written by us, so what does not parse is damage and says so.

import type { ErrorCode } from '../sdk/protocol/error-codes.ts'
import { StoreError } from './store-error.ts'

/**
 * @param refusal the code that the caller's mistake has, when `value` is nothing that JSON can hold
 * @throws StoreError of that code
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

/** The columns are checked by the schema (json_valid), and their shapes by who wrote them. */
export function fromJson<T>(text: string): T {
  return JSON.parse(text) as T
}
