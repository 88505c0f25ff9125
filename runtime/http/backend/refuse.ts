// The answer to a request that a plugin's backend does not get, or has not answered.
// Invariant: what a stranger sees of a failure is the error table's title.

import { ERROR_CODES, type ErrorCode } from '../../errors.ts'
import type { ResponseSink } from '../exchange/response-sink.ts'
import { isOwnPageOrigin, ownPageCors, type ResponseContext } from './response-headers.ts'

/**
 * problem+json (RFC 9457) of the table's row, without internals.
 * @param retryAfter in seconds, for statuses that say when to come again; 1 at least
 */
export function refuse(
  sink: ResponseSink,
  code: ErrorCode,
  context: Pick<ResponseContext, 'mount' | 'fixed' | 'requestOrigin'>,
  retryAfter = 1,
): void {
  const { status, title } = ERROR_CODES[code]
  const headers = [...context.fixed, 'content-type', 'application/problem+json', 'cache-control', 'no-store']
  if (status === 503 || status === 429) headers.push('retry-after', String(Math.max(1, retryAfter)))
  if (isOwnPageOrigin(context)) headers.push(...ownPageCors(context))
  sink.answer(status, headers, JSON.stringify({ type: `/docs/errors#${code}`, title, status, code }))
}
