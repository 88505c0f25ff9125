// The "access" of a plugin: the audience of its API and pages.
// Invariant: an operator's access is at most as wide as the manifest's.

import type { Access } from '../../sdk/api/access.ts'
import { holds } from './permission-strings.ts'
import type { Principal } from './principal.ts'

/** Whether a visitor has access; `null` is a visitor who has not signed in. */
export function mayAccess(access: Access, principal: Principal | null): boolean {
  if (access === 'public') return true
  if (principal === null) return false
  return access === 'user' || access.every((permission) => holds(principal.permissions, permission))
}

/** Whether `asked` also admits everyone whom `wanted` admits. */
export function isAtMostAsWide(wanted: Access, asked: Access): boolean {
  if (asked === 'public') return true
  if (wanted === 'public') return false
  if (asked === 'user') return true
  // A list admits holders of all its entries: the longer, the narrower.
  return wanted === 'user' ? asked.length === 0 : asked.every((permission) => holds(wanted, permission))
}
