// The lines of the log view. Invariant: oldest first, each seq once, never more than MAX_LINES.

import type { LogLevel, LogLine } from '../../../../../sdk/api/logs.ts'
import { finder } from '../../components/found-by-words.ts'

export const MAX_LINES = 10_000

export const LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[]

/** Merges lines that arrive live or as older pages, in any order and possibly twice. */
export function mergeLines(have: readonly LogLine[], more: readonly LogLine[]): readonly LogLine[] {
  if (more.length === 0) return have
  const last = have.at(-1)?.seq ?? -1
  // The usual case: newer lines, in order.
  const joined = more.every((line, index) => line.seq > (more[index - 1]?.seq ?? last))
    ? [...have, ...more]
    : [...new Map([...have, ...more].map((line) => [line.seq, line])).values()].sort((a, b) => a.seq - b.seq)
  return joined.length > MAX_LINES ? joined.slice(-MAX_LINES) : joined
}

export interface LogFilter {
  /** The lowest level. */
  readonly level: LogLevel
  /** Words that a line has all of, in whatever case. */
  readonly search: string
}

export function matching(lines: readonly LogLine[], { level, search }: LogFilter): readonly LogLine[] {
  const from = LEVELS.indexOf(level)
  if (from <= 0 && search.trim() === '') return lines
  const isFound = finder(search)
  return lines.filter(
    ({ level: own, message, stack, requestId }) =>
      LEVELS.indexOf(own) >= from && isFound(message, stack, requestId),
  )
}
