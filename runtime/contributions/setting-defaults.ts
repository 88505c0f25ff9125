// The settings that plugins change for others: defaults, and items of lists. A pure function of what serves.

import type { Manifest } from '../../sdk/manifest/manifest.ts'
import type { WantedDefault, WantedDefaults } from '../settings/changed-defaults.ts'
import type { ServingPlugin } from './live-plugin.ts'

/** Whether it changes defaults or appends to lists of a plugin or an application. */
export function changesSettings(
  { settingAppends = {}, settingDefaults = {} }: Manifest,
  id: string,
): boolean {
  return Object.hasOwn(settingAppends, id) || Object.hasOwn(settingDefaults, id)
}

/** Ids of the plugins and applications whose settings it changes. */
export function changedBy({ id, settingAppends = {}, settingDefaults = {} }: Manifest): readonly string[] {
  return [...new Set([...Object.keys(settingAppends), ...Object.keys(settingDefaults)])].filter(
    (target) => target !== id,
  )
}

/** What other plugins want for one plugin, in their order. A plugin cannot change its own defaults. */
export function wantedDefaults(
  pluginId: string,
  plugins: readonly Pick<ServingPlugin, 'id' | 'manifest'>[],
): WantedDefaults {
  const wanted = new Map<string, WantedDefault[]>()
  for (const { id, manifest } of plugins) {
    const all = manifest.settingDefaults ?? {}
    if (id === pluginId || !Object.hasOwn(all, pluginId)) continue
    for (const [key, value] of Object.entries(all[pluginId] ?? {}))
      wanted.set(key, [...(wanted.get(key) ?? []), { by: id, value }])
  }
  return wanted
}
