// Converts the error of a save to problems, with a position if there is one.

import { isErrorCode, PlugbayError, type Problem } from '../errors.ts'

/** Never empty. */
export function errorProblems(error: unknown): readonly Problem[] {
  if (error instanceof PlugbayError) {
    const problems = error.problems.map((problem) => (isOtherId(problem) ? restart(problem) : problem))
    return problems.length > 0
      ? problems
      : [{ code: error.code, message: error.message, hint: error.row.hint }]
  }
  const { code, message } =
    error instanceof Error ? (error as NodeJS.ErrnoException) : { code: undefined, message: String(error) }
  return [{ code: isErrorCode(code) ? code : 'INTERNAL', message }]
}

function isOtherId({ code, pointer }: Problem): boolean {
  return code === 'STATE_CONFLICT' && pointer === '/id'
}

function restart(problem: Problem): Problem {
  return { ...problem, hint: 'Restart "plugbay dev" to run it under its new id, or change the id back' }
}
