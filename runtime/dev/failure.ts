// Converts a failure of the running backend to a problem, with the position in the author's file and the lines around it.
// Invariant: only files of the plugin's own folder are shown, because the text of a stack is controlled by the plugin.

import type { LogLine } from '../../sdk/api/logs.ts'
import { codeFrame } from '../../sdk/text/code-frame.ts'
import type { Problem } from '../errors.ts'
import { authorText } from './author-files.ts'

/** A mapped frame: `at name (backend/index.ts:12:3)`, or without a name. */
const FRAME = /^\s+at (?:.*? \()?(?:async )?([^()]+):(\d+):(\d+)\)?$/

interface FailurePlace {
  readonly file: string
  readonly line: number
  readonly column: number
}

/** Lines that a plugin logs itself have no stack. */
export function isFailure({ level, stack }: LogLine): boolean {
  return level === 'error' && stack !== undefined
}

/** Never rejects. */
export async function failureOf({ message, stack = '' }: LogLine, folder: string): Promise<Problem> {
  const problem: Problem = { code: 'GUEST_ERROR', message }
  const place = placeOf(stack)
  if (place === undefined) return problem
  const source = await authorText(folder, place.file)
  const frame = source === undefined ? undefined : codeFrame(source, place.line, place.column)
  return { ...problem, ...place, ...(frame !== undefined && { frame }) }
}

/** The innermost position in the author's own files; in a carried package without one. */
function placeOf(stack: string): FailurePlace | undefined {
  let carried: FailurePlace | undefined
  for (const text of stack.split('\n')) {
    const [, file, line, column] = FRAME.exec(text) ?? []
    if (file === undefined || file.includes('://')) continue
    const place = { file, line: Number(line), column: Number(column) }
    if (!file.includes('node_modules/')) return place
    carried ??= place
  }
  return carried
}
