// The conflicts of plugins at extension points: decided by order, and shown to everyone who is part of them.

import type { PointKind } from '../../sdk/host/point-kinds.ts'
import type { Problem } from '../errors.ts'
import type { Points } from '../host/points.ts'
import type { Contributors } from './contributors.ts'
import { planHook } from './hooks.ts'
import { planSlot } from './slots.ts'

/** The kinds of points where plugins can be in each other's way. */
const KINDS = ['hooks', 'slots'] as const satisfies readonly PointKind[]

/** The conflict at one point, if any. */
export function conflictAt(
  kind: PointKind,
  name: string,
  { points, contributors }: { readonly points: Points; readonly contributors: Contributors },
): Problem | undefined {
  if (kind === 'hooks') {
    const hook = points.find(kind, name)
    return hook && planHook(name, hook.point, contributors.of(kind, name)).conflict
  }
  const slot = kind === 'slots' ? points.find(kind, name) : undefined
  return slot && planSlot(name, slot.point, contributors.of('slots', name)).conflict
}

/** The conflicts that a plugin is part of. */
export function conflictsOf(
  pluginId: string,
  points: Points,
  contributors: Contributors,
): readonly Problem[] {
  return KINDS.flatMap((kind) => points.list(kind)).flatMap(({ kind, name }) => {
    const isPart = contributors.of(kind, name).some(({ id }) => id === pluginId)
    return isPart ? (conflictAt(kind, name, { points, contributors }) ?? []) : []
  })
}
