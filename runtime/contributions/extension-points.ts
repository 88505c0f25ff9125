// The list of all extension points, each with the plugins that contribute to it: what the admin API shows.

import type { ChangedSettings, ExtensionPoint, ValueContributors } from '../../sdk/api/extension-points.ts'
import { POINT_KINDS } from '../../sdk/host/point-kinds.ts'
import type { Points } from '../host/points.ts'
import { conflictAt } from './conflicts.ts'
import type { Contributor, Contributors } from './contributors.ts'
import type { Orders } from './orders.ts'
import { changedBy } from './setting-defaults.ts'

interface PointSources {
  readonly points: Points
  readonly contributors: Contributors
  readonly orders: Pick<Orders, 'names' | 'of'>
}

export function extensionPoints({ points, contributors, orders }: PointSources): readonly ExtensionPoint[] {
  return points.list().map(({ kind, name, source, owner, point }) => {
    const conflict = conflictAt(kind, name, { points, contributors })
    const view = {
      kind,
      name,
      source,
      owner,
      isServed: POINT_KINDS[kind].isServed,
      point: withoutFunctions(point),
      contributors: viewOf(contributors.of(kind, name)),
      order: orders.of(kind, name),
      problems: conflict === undefined ? [] : [conflict],
    }
    // The compiler does not see that kind and point belong together.
    return view as ExtensionPoint
  })
}

/** Whose settings plugins change, with those plugins. */
export function changedSettings({
  contributors,
  orders,
}: Omit<PointSources, 'points'>): readonly ChangedSettings[] {
  const changed = contributors.plugins().flatMap(({ manifest }) => changedBy(manifest))
  const ids = [...new Set([...changed, ...orders.names('settings')])].toSorted()
  return ids.map((id) => ({
    of: id,
    contributors: viewOf(contributors.of('settings', id)),
    order: [...orders.of('settings', id)],
  }))
}

/** Plugins that bring values for the templates of the application. */
export function valueContributors({ points, contributors, orders }: PointSources): ValueContributors {
  const { id } = points.host
  return { contributors: viewOf(contributors.of('values', id)), order: [...orders.of('values', id)] }
}

function viewOf(contributors: readonly Contributor[]): { plugin: string; priority: number }[] {
  return contributors.map(({ id, priority }) => ({ plugin: id, priority }))
}

function withoutFunctions(point: object): object {
  return Object.fromEntries(Object.entries(point).filter(([, value]) => typeof value !== 'function'))
}
