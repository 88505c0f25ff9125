// Permission strings of principals: dotted names, with "*" as the last part for everything below.
// Invariant: only the rules of `covers` let a string cover another one; anything else is not covered.

import { matchesPattern } from './kinds/name-patterns.ts'

/** Whether holding one permission string implies the other. A manager of an area may view it. */
export function covers(held: string, needed: string): boolean {
  if (matchesPattern(held, needed)) return true
  return needed.endsWith('.view') && held === `${needed.slice(0, -'view'.length)}manage`
}

/** Whether any of the held strings covers the needed one. */
export function holds(held: readonly string[], needed: string): boolean {
  return held.some((each) => covers(each, needed))
}
