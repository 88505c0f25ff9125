// How much a plugin could do with what it asks for: the highest risk of its rights decides.

import type { Permissions } from '../../../../../sdk/api/permissions.ts'
import { describePermissions } from '../../../../../sdk/permissions/describe.ts'
import { PUBLIC_ACCESS } from '../../../../../sdk/permissions/public-access.ts'
import type { Risk } from '../../../../../sdk/permissions/row.ts'

export type Rating = 'harmless' | Risk

const ORDER: readonly Rating[] = ['harmless', 'low', 'medium', 'high']

/** @param isPublic whether it asks for public access */
export function ratingOf(permissions: Permissions, isPublic: boolean): Rating {
  const risks = describePermissions(permissions).map(({ words }): Rating => words.risk)
  const all: readonly Rating[] = isPublic ? [...risks, PUBLIC_ACCESS.words.risk] : risks
  return all.toSorted((a, b) => ORDER.indexOf(b) - ORDER.indexOf(a))[0] ?? 'harmless'
}
