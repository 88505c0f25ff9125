// A problem: one finding of validation, in words that an author can act on.

import type { ErrorCode } from './error-codes.ts'

export interface Problem {
  readonly code: ErrorCode
  /** One sentence, sentence case, values quoted, no final period. */
  readonly message: string
  /** What to do about it. */
  readonly hint?: string
  /** Path inside the package, with forward slashes. */
  readonly file?: string
  /** JSON pointer (RFC 6901) into the file. */
  readonly pointer?: string
  /** 1-based. */
  readonly line?: number
  /** 1-based. */
  readonly column?: number
  /** The lines around the place, with a marker, ready to print in a fixed-width font. */
  readonly frame?: string
}
