// The "access" of a plugin: the audience of its API and pages.
// Invariant: an operator's access is at most as wide as the manifest's, and what no manifest asks for is not public.

import type { Access } from '../../sdk/api/access.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'
import { holds } from '../../sdk/permissions/permission-strings.ts'
import type { Principal } from './principal.ts'

/** What a manifest asks for. */
export function askedAccess({ access }: Pick<Manifest, 'access'>): Access {
  return access ?? 'user'
}

/** The access that holds: the manifest's, or what an operator made of it, whichever is narrower. `chosen` null is the manifest's. */
export function effectiveAccess(chosen: Access | null, manifest: Pick<Manifest, 'access'>): Access {
  const asked = askedAccess(manifest)
  return chosen === null ? asked : narrower(chosen, asked)
}

/**
 * An operator's choice after a release with another manifest took over; null is the manifest's. A person who was kept out before
 * stays so until an operator decides.
 */
export function keptAccess(
  chosen: Access | null,
  { before, asked }: { readonly before: Access; readonly asked: Access },
): Access | null {
  return isAtMostAsWide(asked, before) ? chosen : narrower(chosen ?? before, before)
}

/** Whether a visitor has access; `null` is a visitor who has not signed in. */
export function mayAccess(access: Access, principal: Pick<Principal, 'permissions'> | null): boolean {
  if (access === 'public') return true
  if (principal === null) return false
  return access === 'user' || access.every((permission) => holds(principal.permissions, permission))
}

/** Admits only those whom both admit. */
export function narrower(one: Access, other: Access): Access {
  if (isAtMostAsWide(one, other)) return one
  if (isAtMostAsWide(other, one)) return other
  return [...new Set([one, other].flat())]
}

/** The refusal of a visitor who has no access. */
export function refusalFor(principal: Principal | null): 'UNAUTHENTICATED' | 'FORBIDDEN' {
  return principal === null ? 'UNAUTHENTICATED' : 'FORBIDDEN'
}

/** For the author of a plugin that a visitor may not use, or not at this path. */
export function whyNoAccess(
  access: Access,
  principal: Pick<Principal, 'name' | 'permissions'> | null,
): string {
  if (mayAccess(access, principal))
    return 'An item of a menu leads there, and needs permissions that the visitor lacks'
  const who = principal === null ? 'nobody is signed in' : `"${principal.name}" lacks permissions`
  return `"access" is ${JSON.stringify(access)}, and ${who}`
}

/** Whether `asked` also admits everyone whom `wanted` admits. */
export function isAtMostAsWide(wanted: Access, asked: Access): boolean {
  if (asked === 'public') return true
  if (wanted === 'public') return false
  if (asked === 'user') return true
  // A list admits holders of all its entries: the longer, the narrower.
  return wanted === 'user' ? asked.length === 0 : asked.every((permission) => holds(wanted, permission))
}
