// The answer to a request that the backend did not receive or did not answer.
// Invariant: a stranger sees only the title from the error table.

import { ERROR_CODES, type ErrorCode } from '../../errors.ts'
import type { Refusal, ResponseSink } from '../exchange/response-sink.ts'
import { isSandboxedPage, PAGE_CORS } from '../pages/page-cors.ts'
import { problemType } from '../server/problem-type.ts'
import type { ResponseContext } from './response-headers.ts'

/**
 * problem+json (RFC 9457) of the table's row, without internals.
 * @param given the code, or with it what only the author learns
 * @param retryAfter in seconds, for statuses with Retry-After; at least 1
 */
export function refuse(
  sink: ResponseSink,
  given: ErrorCode | Refusal,
  context: Pick<ResponseContext, 'mount' | 'fixed' | 'requestOrigin' | 'isPage' | 'cors'>,
  retryAfter = 1,
): void {
  const refusal: Refusal = typeof given === 'string' ? { code: given } : given
  const { code } = refusal
  const { status, title } = ERROR_CODES[code]
  sink.arrival?.isRefused(refusal, status)
  const headers = [...context.fixed, 'content-type', 'application/problem+json', 'cache-control', 'no-store']
  if (status === 503 || status === 429) headers.push('retry-after', String(Math.max(1, retryAfter)))
  if (isSandboxedPage(context)) headers.push(...PAGE_CORS)
  else if (context.requestOrigin !== undefined && context.cors !== undefined)
    headers.push(...context.cors.headersFor(context.requestOrigin))
  sink.answer(
    status,
    headers,
    JSON.stringify({ type: problemType(code, context.mount.shell), title, status, code }),
  )
}
