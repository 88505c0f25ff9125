// Puts the plugins at an extension point into the operator's order.
// Invariant: only points that there are, and plugins that are or were installed: a misspelt id would have no effect, silently.

import type { Actor } from '../../../plugin-store/store.ts'
import { POINT_KINDS } from '../../../sdk/host/point-kinds.ts'
import { didYouMean } from '../../../sdk/text/did-you-mean.ts'
import type { OrderedPoint } from '../../contributions/orders.ts'
import { PlugbayError } from '../../errors.ts'
import type { LifecycleServices } from '../services.ts'

type Services = Pick<LifecycleServices, 'orders' | 'points' | 'store'>

/** Rejects with POINT_UNKNOWN and PLUGIN_UNKNOWN. */
export async function setOrder(
  point: OrderedPoint,
  { plugins, actor }: { readonly plugins: readonly string[]; readonly actor: Actor },
  services: Services,
): Promise<void> {
  const { orders, points, store } = services
  const { kind, name } = point
  if (kind === 'values' && name !== points.host.id)
    throw new PlugbayError('POINT_UNKNOWN', `Values are of the application: write "${points.host.id}"`)
  // Places of patches are in templates, which change: as with plugins that are away, an order may be older or newer.
  if (
    kind !== 'settings' &&
    kind !== 'values' &&
    kind !== 'patches' &&
    points.find(kind, name) === undefined
  ) {
    const meant = didYouMean(
      name,
      points.list(kind).map((each) => each.name),
    )
    const hint = meant === undefined ? '' : `; did you mean "${meant}"?`
    throw new PlugbayError('POINT_UNKNOWN', `There is no ${POINT_KINDS[kind].word} "${name}"${hint}`)
  }
  const installed = (await store.catalog.list()).map(({ id }) => id)
  const known = new Set([...installed, ...orders.of(kind, name)])
  const named = kind === 'settings' && name !== points.host.id ? [name, ...plugins] : plugins
  for (const id of named) {
    if (known.has(id) || (await store.catalog.removed(id)) !== undefined) continue
    const meant = didYouMean(id, installed)
    throw new PlugbayError(
      'PLUGIN_UNKNOWN',
      `There is no plugin "${id.slice(0, 64)}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    )
  }
  await orders.set(point, plugins, actor)
}
