// The "type" of every problem response: where the page of error codes explains it, as an address that leads there.

import type { ErrorCode } from '../../errors.ts'

/** Below the base path; public.ts serves it. */
export const ERROR_PAGE = '/docs/errors'

/** @param shell where the runtime is, as an address from where the answer is read: "", "/tools", "https://media.example.org" */
export function problemType(code: ErrorCode, shell: string): string {
  return `${shell}${ERROR_PAGE}#${code}`
}
