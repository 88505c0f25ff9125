// The permission strings of principals: dotted names, with "*" as the last part for everything below.
// Invariant: a string covers another one only by the rules of `covers`; what no rule names is not covered.

import { matchesPattern } from '../../sdk/permissions/kinds/name-patterns.ts'

/** Whether holding one permission string is holding the other. Who may manage an area may view it. */
export function covers(held: string, needed: string): boolean {
  if (matchesPattern(held, needed)) return true
  return needed.endsWith('.view') && held === `${needed.slice(0, -'view'.length)}manage`
}

/** Whether some of the strings held covers the one needed. */
export function holds(held: readonly string[], needed: string): boolean {
  return held.some((each) => covers(each, needed))
}
