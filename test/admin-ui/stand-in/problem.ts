// Errors of the stand-in, from the runtime's own table.

import { ERROR_CODES, type ErrorCode } from '../../../sdk/protocol/error-codes.ts'
import type { Problem } from '../../../sdk/protocol/problem.ts'

/** An answer of the table of error codes. */
export function problem(code: ErrorCode, problems?: readonly Problem[]): Response {
  const { status, title, hint } = ERROR_CODES[code]
  const body = {
    type: `https://plugbay.dev/errors/${code}`,
    title,
    status,
    detail: title,
    code,
    hint,
    ...(problems && { problems }),
  }
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json' },
  })
}
