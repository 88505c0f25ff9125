// What a plugin may do that takes the place of another one.
// Invariant: never more than its manifest asks; and a secret that was entered for the old plugin goes to no origin that it was not
// granted for there.

import type { SecretOrigins } from '../../../sdk/permissions/kinds/secret-origins.ts'
import type { Permissions } from '../../../sdk/permissions/permissions.ts'
import { PlugbayError } from '../../errors.ts'
import { difference, isWithin, narrowTo } from '../../permissions/grants.ts'

export interface ReplacingGrants {
  /** The grants of the old plugin. */
  readonly old: Permissions
  /** What the administrator grants instead; by default the old grants. */
  readonly chosen: Permissions | undefined
  readonly grantable: Permissions
  /** Names of the settings that are carried. */
  readonly carried: readonly string[]
}

/** Throws GRANT_TOO_WIDE. */
export function replacingGrants({ old, chosen, grantable, carried }: ReplacingGrants): Permissions {
  if (chosen === undefined) return narrowTo(old, grantable)
  if (!isWithin(chosen, grantable)) {
    const names = Object.keys(difference(chosen, grantable)).join('", "')
    throw new PlugbayError('GRANT_TOO_WIDE', `The manifest does not ask for "${names}" as wide as granted`)
  }
  const { secrets, ...others } = chosen
  if (secrets === undefined) return chosen
  const before: SecretOrigins = old.secrets ?? {}
  const kept = Object.entries(secrets).flatMap(([key, origins]): [string, readonly string[]][] => {
    if (!carried.includes(key)) return [[key, origins]]
    const bound = (Object.hasOwn(before, key) ? before[key] : undefined) ?? []
    const rest = origins.filter((origin) => bound.includes(origin))
    return rest.length === 0 ? [] : [[key, rest]]
  })
  return kept.length === 0 ? others : { ...others, secrets: Object.fromEntries(kept) }
}
