// What a principal may hand on to others, or take from them.
// Invariant: a principal never hands on more than it holds.

import { holds } from '../../../sdk/permissions/permission-strings.ts'
import { PlugbayError } from '../../errors.ts'
import type { Principal } from '../../permissions/principal.ts'

/** @throws PlugbayError FORBIDDEN, UNAUTHENTICATED */
export function requireAtLeast(principal: Principal | null, permissions: readonly string[]): void {
  if (principal === null) throw new PlugbayError('UNAUTHENTICATED')
  const missing = permissions.filter((each) => !holds(principal.permissions, each))
  if (missing.length === 0) return
  throw new PlugbayError(
    'FORBIDDEN',
    `"${principal.name}" does not hold ${missing.map((each) => `"${each}"`).join(', ')}`,
  )
}
