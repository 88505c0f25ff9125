// The order of plugins wherever several contribute: the operator's, otherwise by priority, then by id.

import { DEFAULT_PRIORITY } from '../../sdk/manifest/priority.ts'
import type { ServingPlugin } from './live-plugin.ts'

interface Place {
  readonly id: string
  readonly priority: number
}

/** @param order the operator's order of ids; they come before all others */
export function byOrder(order: readonly string[]): (a: Place, b: Place) => number {
  const places = new Map(order.map((id, place) => [id, place]))
  const placeOf = ({ id }: Place): number => places.get(id) ?? order.length
  return (a, b) => placeOf(a) - placeOf(b) || a.priority - b.priority || (a.id < b.id ? -1 : 1)
}

/** By priority, then by id: where no operator decides. */
export function inOrder(plugins: Iterable<ServingPlugin>): readonly ServingPlugin[] {
  const compare = byOrder([])
  return [...plugins]
    .map((plugin) => ({ id: plugin.id, priority: plugin.manifest.priority ?? DEFAULT_PRIORITY, plugin }))
    .sort(compare)
    .map(({ plugin }) => plugin)
}
