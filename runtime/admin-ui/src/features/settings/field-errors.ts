// Assigns a server error to a form field. Invariant: a problem that matches no field is kept as a general one.

import type { Problem } from '../../../../../sdk/api/problems.ts'
import { ApiError } from '../../api/client.ts'

export interface FieldErrors {
  readonly byKey: Readonly<Record<string, string>>
  readonly general: readonly Problem[]
}

export function fieldErrors(error: unknown, keys: readonly string[]): FieldErrors {
  const problems = error instanceof ApiError ? (error.document.problems ?? []) : []
  const byKey: Record<string, string> = {}
  const general: Problem[] = []
  for (const problem of problems) {
    const key = keyOf(problem)
    if (key === undefined || !keys.includes(key)) general.push(problem)
    else byKey[key] = [byKey[key], problem.message].filter(Boolean).join('. ')
  }
  return { byKey, general }
}

/** First segment of the JSON pointer, unescaped: "/api~1key/0" is about "api/key". */
function keyOf({ pointer }: Problem): string | undefined {
  return pointer?.split('/')[1]?.replaceAll('~1', '/').replaceAll('~0', '~')
}
