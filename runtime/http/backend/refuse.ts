// The response to a request that does not reach a plugin's backend, or gets no reply from it.
// Invariant: strangers see only the error table's title of a failure.

import { ERROR_CODES, type ErrorCode } from '../../errors.ts'
import type { ResponseSink } from '../exchange/response-sink.ts'
import { isOwnPageOrigin, ownPageCors, type ResponseContext } from './response-headers.ts'

/**
 * problem+json (RFC 9457) of the table's row, without internals.
 * @param retryAfter in seconds, for statuses with a Retry-After; at least 1
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
