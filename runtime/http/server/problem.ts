// Every error answer of the runtime: RFC 9457 problem+json, made from the table of error codes.
// Invariant: strangers see the table's words only; errors outside the table are logged and reveal nothing.

import { HTTPException } from 'hono/http-exception'
import type { ProblemDocument } from '../../../sdk/api/problems.ts'
import { type ErrorCode, isErrorCode, PlugbayError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { problemType } from './problem-type.ts'

export interface ProblemOptions {
  /** Whether the client has signed in, and may see the details. */
  readonly detailed: boolean
  /** Where the runtime is, as an address from where the answer is read: "", "/tools". */
  readonly shell: string
  readonly requestId?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** An error with the time to retry after, in whole seconds. */
export class RetryLater extends PlugbayError {
  readonly afterSeconds: number

  constructor(code: ErrorCode, afterSeconds: number) {
    super(code)
    this.afterSeconds = afterSeconds
  }
}

/** Errors of other parts have a code of the same table; anything else is INTERNAL. */
export function toPlugbayError(error: unknown): PlugbayError {
  if (error instanceof PlugbayError) return error
  if (error instanceof HTTPException) {
    return new PlugbayError(
      error.status === 404 ? 'NOT_FOUND' : error.status < 500 ? 'BAD_REQUEST' : 'INTERNAL',
    )
  }
  if (error instanceof Error && 'code' in error && isErrorCode(error.code)) {
    return new PlugbayError(error.code, error.message, { cause: error })
  }
  return new PlugbayError('INTERNAL', undefined, { cause: error })
}

export function problemDocument(error: PlugbayError, options: ProblemOptions): ProblemDocument {
  const { status, title, hint } = error.row
  // Invariant: the message of an INTERNAL may contain anything; it stays in the log, also for administrators.
  const detailed = options.detailed && error.code !== 'INTERNAL'
  return {
    type: problemType(error.code, options.shell),
    title,
    status,
    detail: detailed ? error.message : title,
    code: error.code,
    hint,
    ...(options.requestId === undefined ? {} : { requestId: options.requestId }),
    ...(detailed && error.problems.length > 0 ? { problems: error.problems } : {}),
  }
}

/** The response for an error. Never throws. */
export function problemResponse(error: PlugbayError, options: ProblemOptions): Response {
  const headers = new Headers({
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...options.headers,
  })
  if (error.code === 'UNAUTHENTICATED') headers.set('www-authenticate', 'Bearer realm="plugbay"')
  if (error instanceof RetryLater) headers.set('retry-after', String(error.afterSeconds))
  return new Response(JSON.stringify(problemDocument(error, options)), { status: error.row.status, headers })
}

/** Logs what an operator must look at: errors of the server, not of the client. */
export function logFailure(log: Log, error: PlugbayError, requestId: string): void {
  if (error.row.status < 500) return
  log.error({ requestId, code: error.code, err: error.cause ?? error }, error.message)
}
