// The permissions that paths of a plugin need because items of menus lead there: hiding a link is not the guard.
// Invariant: who is shown none of the items that lead to a path can open neither it nor what is below it, in pages and backend alike; the
// item with the longest path decides.

import { holds } from '../../sdk/permissions/permission-strings.ts'
import type { Principal } from '../permissions/principal.ts'
import type { ServingPlugin } from './live-plugin.ts'

/** @param path below the mount, with or without a query, encoded or not */
export function mayVisit(
  { manifest }: Pick<ServingPlugin, 'manifest'>,
  path: string,
  user: Pick<Principal, 'permissions'> | null,
): boolean {
  const items = manifest.contributes?.menus
  // Every request comes here.
  if (items === undefined) return true
  const asked = segmentsOf(path)
  let depth = -1
  let allowed = true
  for (const { path: target, permissions = [] } of items) {
    const wanted = segmentsOf(target)
    if (wanted.length < depth || !leadsTo(wanted, asked)) continue
    const isAllowed = permissions.every((each) => user !== null && holds(user.permissions, each))
    allowed = wanted.length > depth ? isAllowed : allowed || isAllowed
    depth = wanted.length
  }
  return allowed
}

function leadsTo(wanted: readonly string[], asked: readonly string[]): boolean {
  if (wanted.length > asked.length) return false
  // A parameter stands for any value.
  return wanted.every((segment, at) => segment.includes('{') || segment === asked[at])
}

function segmentsOf(path: string): readonly string[] {
  const [plain = ''] = path.split(/[?#]/, 1)
  return decoded(plain)
    .normalize('NFC')
    .split(/[/\\]/)
    .filter((segment) => segment !== '')
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    // No file of a package has such a name; a backend gets the path as it is.
    return path
  }
}
