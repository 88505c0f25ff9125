// Whom of the provider's users the operator admits, under which name and with which permissions.
// Invariant: claims may be of any shape; what is not of the expected one counts as absent.

import type { OidcConfig } from '../../../config/sign-in-config.ts'
import type { Claims } from './provider.ts'

export interface Admission {
  readonly name: string
  readonly permissions: readonly string[]
  /** Whether groups say what the user may do: otherwise an administrator does. */
  readonly hasPermissions: boolean
}

/** Undefined for whom the operator's lists leave out. */
export function admissionOf(claims: Claims, config: OidcConfig): Admission | undefined {
  const groups = groupsOf(claims[config.groupsClaim])
  if (!isAllowed(claims, groups, config)) return undefined
  const permissions = config.groupPermissions
    .filter(({ group }) => groups.includes(group))
    .flatMap((each) => each.permissions)
  const hasPermissions = config.groupPermissions.length > 0
  return { name: nameOf(claims, config), permissions: [...new Set(permissions)], hasPermissions }
}

function isAllowed(
  claims: Claims,
  groups: readonly string[],
  { allowedEmails, allowedGroups }: OidcConfig,
): boolean {
  if (allowedEmails.length === 0 && allowedGroups.length === 0) return true
  if (groups.some((group) => allowedGroups.includes(group))) return true
  // One that was not verified may be another person's.
  if (typeof claims.email !== 'string' || claims.email_verified !== true) return false
  const email = claims.email.toLowerCase()
  const domain = email.slice(email.lastIndexOf('@'))
  return allowedEmails.some((allowed) => allowed.toLowerCase() === email || allowed.toLowerCase() === domain)
}

function groupsOf(claim: unknown): readonly string[] {
  const all = Array.isArray(claim) ? claim : [claim]
  return all.filter((each) => typeof each === 'string')
}

function nameOf(claims: Claims, { nameClaim }: OidcConfig): string {
  const found = [claims[nameClaim], claims.preferred_username, claims.name, claims.email].find(
    (each) => typeof each === 'string' && each.trim() !== '',
  )
  const name = typeof found === 'string' ? found : claims.sub
  return name.normalize('NFKC').trim().replaceAll(/\s+/g, ' ').slice(0, 100)
}
