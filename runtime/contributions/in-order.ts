// The order of plugins wherever several contribute: the operator's, otherwise by priority, then by id.

import { DEFAULT_PRIORITY } from '../../sdk/manifest/priority.ts'
import type { ServingPlugin } from './live-plugin.ts'

/** @param order the operator's order of ids; they come before all others */
export function inOrder(
  plugins: Iterable<ServingPlugin>,
  order: readonly string[] = [],
): readonly ServingPlugin[] {
  const places = new Map(order.map((id, place) => [id, place]))
  const placeOf = ({ id }: ServingPlugin): number => places.get(id) ?? order.length
  const priorityOf = ({ manifest }: ServingPlugin): number => manifest.priority ?? DEFAULT_PRIORITY
  return [...plugins].sort(
    (a, b) => placeOf(a) - placeOf(b) || priorityOf(a) - priorityOf(b) || (a.id < b.id ? -1 : 1),
  )
}
