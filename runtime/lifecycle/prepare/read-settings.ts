// The effective settings of a release: stored values and environment, by the schema of its manifest.

import type { ReleaseRecord } from '../../../plugin-store/records.ts'
import type { LifecycleServices } from '../services.ts'
import { type EffectiveSettings, effectiveSettings } from './effective-settings.ts'

export type SettingServices = Pick<LifecycleServices, 'environment' | 'store'>

export async function readSettings(
  { pluginId, manifest }: Pick<ReleaseRecord, 'pluginId' | 'manifest'>,
  { environment, store }: SettingServices,
): Promise<EffectiveSettings> {
  const rows = await store.settings.get(pluginId)
  return effectiveSettings({
    pluginId,
    schema: manifest.settings,
    stored: Object.fromEntries(rows.map(({ key, value }) => [key, value])),
    environment,
  })
}
