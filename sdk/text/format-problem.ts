// Formats a problem as plain text, for output without colours: a page without scripts, the message of a failed test.

import type { Problem } from '../api/problems.ts'

/** The message, the position, the lines around it and the hint, each on lines of its own. */
export function formatProblem({ message, file, line, column, pointer, frame, hint }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(':')
  const where = [place, pointer ? `at ${pointer}` : ''].filter((part) => part !== '').join(' ')
  return [message, where, frame, hint === undefined ? '' : `→ ${hint}`].filter(Boolean).join('\n')
}
