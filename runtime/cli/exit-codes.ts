// Exit statuses of commands. Scripts rely on these numbers: they never change.

import type { ErrorCode } from '../errors.ts'

export const EXIT = {
  ok: 0,
  /** Refused or failed. */
  failed: 1,
  /** Several were named, and some or all of them failed; all were tried. */
  someFailed: 2,
  usage: 64,
  unreachable: 69,
  notAllowed: 77,
} as const

/** The status for one failure. */
export function exitCodeOfError(code: ErrorCode | undefined): number {
  switch (code) {
    case 'USAGE':
      return EXIT.usage
    case 'SERVER_UNREACHABLE':
      return EXIT.unreachable
    case 'UNAUTHENTICATED':
    case 'FORBIDDEN':
      return EXIT.notAllowed
    default:
      return EXIT.failed
  }
}

/**
 * The status of a command from its results: of one, its own; of several of which any failed, 2, unless all failed for a reason that is
 * not theirs, such as a server that does not answer.
 */
export function exitCodeOf(
  results: readonly { readonly ok: boolean; readonly problem?: { readonly code: ErrorCode } | undefined }[],
): number {
  const failed = results.filter((result) => !result.ok)
  if (failed.length === 0) return EXIT.ok
  if (failed.length < results.length) return EXIT.someFailed
  const codes = new Set(failed.map((result) => exitCodeOfError(result.problem?.code)))
  const [only] = codes
  const shared = codes.size === 1 && only !== undefined ? only : EXIT.failed
  return shared === EXIT.failed && results.length > 1 ? EXIT.someFailed : shared
}
