// What the configuration says of which plugins are enabled, over what the administrator has chosen.
// Invariant: it is never stored: without it, each plugin is again as the administrator wants it.

import type { InstallationRecord } from '../../plugin-store/records.ts'
import type { Forced } from '../../sdk/api/plugins.ts'
import type { PluginsConfig } from '../config/config.ts'
import { variableOf } from '../config/config-keys.ts'
import type { Problem } from '../errors.ts'

/** `plugins.apply` overrides the other lists, and `plugins.disable` overrides `plugins.enable`. null: the administrator decides. */
export function forcedOf(id: string, { apply, enable, disable }: PluginsConfig): Forced | null {
  if (apply !== null) return force('apply', apply.includes(id))
  if (disable.includes(id)) return force('disable', false)
  return enable.includes(id) ? force('enable', true) : null
}

/** Whether the plugin is to run. */
export function isWanted(
  { id, enabled }: Pick<InstallationRecord, 'id' | 'enabled'>,
  config: PluginsConfig,
): boolean {
  return forcedOf(id, config)?.enabled ?? enabled
}

/** For a plugin that is enabled, and does not run all the same. */
export function forcedOff({ key, variable }: Forced): Problem {
  return {
    code: 'PLUGIN_UNAVAILABLE',
    message: `The configuration keeps the plugin disabled: "${key}" (${variable})`,
    hint: 'Change the configuration and restart the server; what was chosen here holds then',
  }
}

function force(list: keyof PluginsConfig, enabled: boolean): Forced {
  const key = `plugins.${list}` as const
  return { enabled, key, variable: variableOf(key) }
}

/** Ids that the configuration names, and that are not installed. */
export function unknownForced(
  installed: readonly Pick<InstallationRecord, 'id'>[],
  { apply, enable, disable }: PluginsConfig,
): readonly string[] {
  const known = new Set(installed.map(({ id }) => id))
  return [...new Set([apply ?? [], enable, disable].flat())].filter((id) => !known.has(id))
}
