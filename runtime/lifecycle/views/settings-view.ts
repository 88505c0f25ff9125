// The settings of a plugin, as the admin API shows them.

import type { Setting } from '../../../sdk/api/settings.ts'
import { PlugbayError } from '../../errors.ts'
import { unknownPlugin } from '../plugin-controllers.ts'
import { readSettings, type SettingServices } from '../prepare/read-settings.ts'
import { configuredRelease } from '../prepare/waiting-release.ts'

/** Every setting with its value and source. Rejects with PLUGIN_UNKNOWN. */
export async function settingsOf(
  id: string,
  services: SettingServices,
): Promise<Readonly<Record<string, Setting>>> {
  const { catalog } = services.store
  const record = await catalog.get(id)
  if (record === undefined) throw unknownPlugin(id)
  const release = await configuredRelease(record, await catalog.releases(id), services)
  if (release === undefined) throw new PlugbayError('STATE_CONFLICT', 'The plugin has no release')
  return (await readSettings(release, services)).views
}
