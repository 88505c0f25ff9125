// What a command changes for others: settings of plugins and of the application, values for templates, and who contributes to extension points.
// Invariant: it is seen, not predicted: what held before the command against what holds when everyone has followed it.

import { isDeepStrictEqual } from 'node:util'
import type { ChangedPoint, ChangedSetting, ChangedValue, Effects } from '../../../sdk/api/effects.ts'
import type { Settings } from '../../../sdk/api/settings.ts'
import { conflictAt } from '../../contributions/conflicts.ts'
import { changedBy } from '../../contributions/setting-defaults.ts'
import type { LayeredValue, LayeredValues } from '../../values/layers.ts'
import { newestRelease } from '../releases.ts'
import type { LifecycleServices } from '../services.ts'
import { settingsOf } from './settings-view.ts'

export type EffectServices = Pick<
  LifecycleServices,
  | 'contributors'
  | 'environment'
  | 'hostSettings'
  | 'points'
  | 'settingFlags'
  | 'settingsFile'
  | 'store'
  | 'values'
>

/** Runs a command on a plugin; resolves with its result and what it has changed for others. */
export async function withEffects<T>(
  id: string,
  command: () => Promise<T>,
  services: EffectServices,
): Promise<{ readonly result: T; readonly effects: Effects }> {
  const before = await look(id, services)
  const valuesBefore = services.values.layered
  const result = await command()
  const after = await look(id, services)
  return {
    result,
    effects: {
      settings: changedSettings(before, after),
      values: changedValues(valuesBefore, services.values.layered),
      points: changedPoints(before, after, services),
    },
  }
}

interface Seen {
  /** By whose they are. */
  readonly settings: ReadonlyMap<string, Settings>
  /** The points that the plugin contributes to: "hooks content.title". */
  readonly points: ReadonlySet<string>
}

async function look(id: string, services: EffectServices): Promise<Seen> {
  const { catalog } = services.store
  const record = await catalog.get(id)
  const manifest = record && newestRelease(record, await catalog.releases(id))?.manifest
  const { contributors, hostSettings, points } = services
  const settings = new Map<string, Settings>()
  for (const of of manifest === undefined ? [] : changedBy(manifest)) {
    if (of === points.host.id) settings.set(of, hostSettings.views)
    else if ((await catalog.get(of)) !== undefined) settings.set(of, await settingsOf(of, services))
  }
  const named = points
    .list()
    .filter(({ kind, name }) => contributors.of(kind, name).some((each) => each.id === id))
  return { settings, points: new Set(named.map(({ kind, name }) => `${kind} ${name}`)) }
}

function changedSettings(before: Seen, after: Seen): ChangedSetting[] {
  return [...after.settings].flatMap(([of, views]) =>
    Object.entries(views).flatMap(([key, view]) => {
      const old = before.settings.get(of)?.[key]
      const isSame = old === undefined || isDeepStrictEqual(stateOf(old), stateOf(view))
      return isSame ? [] : [{ of, key, before: stateOf(old), after: stateOf(view) }]
    }),
  )
}

/** The order of plugins, or another command, may change values at the same time: they are in the difference, too. */
function changedValues(before: LayeredValues, after: LayeredValues): ChangedValue[] {
  const names = [...new Set([...before.values.keys(), ...after.values.keys()])].toSorted()
  return names.flatMap((name) => {
    const [old, next] = [before.values.get(name), after.values.get(name)]
    // What cannot be shown may differ, too.
    if (isDeepStrictEqual([old?.value, old?.source, old?.by], [next?.value, next?.source, next?.by]))
      return []
    return [{ name, before: valueState(old), after: valueState(next) }]
  })
}

function valueState(value: LayeredValue | undefined): ChangedValue['after'] {
  if (value === undefined) return null
  const { source, by, secrecy } = value
  return { ...(secrecy !== 'secret' && { template: value.value }), source, by }
}

function stateOf({ value, source, from }: Settings[string]): ChangedSetting['after'] {
  return { value, source, ...(from !== undefined && { from }) }
}

function changedPoints(before: Seen, after: Seen, { points, contributors }: EffectServices): ChangedPoint[] {
  return points.list().flatMap(({ kind, name }) => {
    const key = `${kind} ${name}`
    const contributes = after.points.has(key)
    if (before.points.has(key) === contributes) return []
    const conflict = conflictAt(kind, name, { points, contributors })
    return [{ kind, name, contributes, problems: conflict === undefined ? [] : [conflict] }]
  })
}
