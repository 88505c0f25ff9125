// Who contributes to each extension point, in order: worked out from the snapshot of what serves, and the operator's orders.
// Invariant: a list is of the snapshot and the orders of now; nothing of a plugin is kept that has left it.

import type { OrderedKind } from '../../sdk/host/point-kinds.ts'
import { DEFAULT_PRIORITY } from '../../sdk/manifest/priority.ts'
import { matchesPattern } from '../../sdk/permissions/kinds/name-patterns.ts'
import { byOrder } from './in-order.ts'
import type { ServingPlugin } from './live-plugin.ts'
import type { LivePlugins } from './live-plugins.ts'
import type { OrderedPoint, Orders } from './orders.ts'
import { type Reference, referencesOf } from './references.ts'
import { changesSettings } from './setting-defaults.ts'

export interface Contributor {
  readonly id: string
  readonly plugin: ServingPlugin
  readonly priority: number
}

const NO_ORDER: Pick<Orders, 'current' | 'of'> = { current: {}, of: () => [] }

export class Contributors {
  readonly #live: Pick<LivePlugins, 'current'>
  readonly #orders: Pick<Orders, 'current' | 'of'>
  #snapshot: readonly ServingPlugin[] = []
  #ordered: object | undefined
  /** Of the snapshot and the orders, by kind and name. */
  #found = new Map<string, readonly Contributor[]>()

  constructor(live: Pick<LivePlugins, 'current'>, orders: Pick<Orders, 'current' | 'of'> = NO_ORDER) {
    this.#live = live
    this.#orders = orders
  }

  /** One for each plugin. `name` must be that of a point, or of who has settings, since lists are kept. */
  of(kind: OrderedKind, name: string): readonly Contributor[] {
    const current = this.#live.current()
    const ordered = this.#orders.current
    if (current !== this.#snapshot || ordered !== this.#ordered) this.#found = new Map()
    this.#snapshot = current
    this.#ordered = ordered
    const key = `${kind} ${name}`
    const known = this.#found.get(key)
    if (known !== undefined) return known
    const found = contributorsOf({ kind, name }, current, this.#orders.of(kind, name))
    this.#found.set(key, found)
    return found
  }

  /** All plugins that serve. */
  plugins(): readonly ServingPlugin[] {
    return this.#live.current()
  }
}

function contributorsOf(
  point: OrderedPoint,
  live: readonly ServingPlugin[],
  order: readonly string[],
): readonly Contributor[] {
  return live
    .flatMap((plugin) => {
      const found = contributionOf(plugin, point)
      if (found === undefined) return []
      const priority = found.priority ?? plugin.manifest.priority ?? DEFAULT_PRIORITY
      return [{ id: plugin.id, plugin, priority }]
    })
    .sort(byOrder(order))
}

function contributionOf(
  { id, manifest, grants }: ServingPlugin,
  { kind, name }: OrderedPoint,
): Pick<Reference, 'priority'> | undefined {
  if (kind === 'patches') return Object.hasOwn(manifest.contributes?.patches ?? {}, name) ? {} : undefined
  if (kind === 'values') return manifest.values === undefined ? undefined : {}
  if (kind === 'settings') return id !== name && changesSettings(manifest, name) ? {} : undefined
  // What was asked and not granted does not count.
  return referencesOf({ ...manifest, permissions: grants }).find(
    (reference) => reference.kind === kind && matchesPattern(reference.name, name),
  )
}
