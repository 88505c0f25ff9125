// The effective settings of a release, from all sources as they are now.

import type { ReleaseRecord, SettingRecord } from '../../../plugin-store/records.ts'
import { wantedDefaults } from '../../contributions/setting-defaults.ts'
import { type EffectiveSettings, effectiveSettings } from '../../settings/effective-settings.ts'
import { flagsOf } from '../../settings/setting-flags.ts'
import { mayClash, type VariableClash, variableClashes, variableOf } from '../../settings/variables.ts'
import { shownRelease } from '../releases.ts'
import type { LifecycleServices } from '../services.ts'

export type SettingServices = Pick<
  LifecycleServices,
  'contributors' | 'environment' | 'points' | 'settingFlags' | 'settingsFile' | 'store'
>

type Declaring = Pick<ReleaseRecord, 'pluginId' | 'manifest'>

/** @param stored to be used in place of the rows in the store */
export async function readSettings(
  release: Declaring,
  services: SettingServices,
  stored?: readonly SettingRecord[],
): Promise<EffectiveSettings> {
  const { pluginId, manifest } = release
  const { contributors, environment, settingFlags, settingsFile, store } = services
  const rows = stored ?? (await store.settings.get(pluginId))
  return effectiveSettings({
    pluginId,
    schema: manifest.settings,
    flags: flagsOf(settingFlags, pluginId),
    environment,
    clashes: await findClashes(release, services),
    file: settingsFile.section(pluginId),
    fileUnknown: settingsFile.unknown,
    stored: Object.fromEntries(rows.map(({ key, value }) => [key, value])),
    unreadable: Object.fromEntries(
      rows.flatMap(({ key, unreadable }) => (unreadable === undefined ? [] : [[key, unreadable]])),
    ),
    defaults: wantedDefaults(
      pluginId,
      contributors.of('settings', pluginId).map(({ plugin }) => plugin),
    ),
    everSecret: new Set([
      ...(await store.catalog.releases(pluginId)).flatMap(({ manifest }) => secretKeys(manifest)),
      ...rows.flatMap(({ key, isSealed }) => (isSealed ? [key] : [])),
    ]),
  })
}

function secretKeys({ settings }: Pick<ReleaseRecord['manifest'], 'settings'>): readonly string[] {
  return Object.entries(settings?.properties ?? {}).flatMap(([key, { format }]) =>
    format === 'secret' ? [key] : [],
  )
}

/** Looks at other plugins only when a variable of this one is set. */
async function findClashes(
  { pluginId, manifest }: Declaring,
  { environment, points: { host }, store: { catalog } }: SettingServices,
): Promise<readonly VariableClash[]> {
  const keys = keysOf(manifest)
  if (keys.every((key) => environment[variableOf(pluginId, key)] === undefined)) return []
  const records = (await catalog.list()).filter(({ id }) => mayClash(id, pluginId))
  const owners = await Promise.all(
    records.map(async (record) => {
      const { id, createdAt } = record
      if (id === pluginId) return { pluginId, createdAt, keys }
      const manifest = shownRelease(record, await catalog.releases(id))?.manifest
      return { pluginId: id, createdAt, keys: manifest === undefined ? [] : keysOf(manifest) }
    }),
  )
  // The application was there before any plugin.
  if (mayClash(host.id, pluginId))
    owners.push({ pluginId: host.id, createdAt: '', keys: Object.keys(host.settings?.properties ?? {}) })
  // A release may be tried before its plugin is in the store.
  const own = owners.find((owner) => owner.pluginId === pluginId) ?? { pluginId, createdAt: '~', keys }
  return variableClashes(
    own,
    owners.filter((owner) => owner !== own),
  )
}

function keysOf({ settings }: Pick<ReleaseRecord['manifest'], 'settings'>): readonly string[] {
  return Object.keys(settings?.properties ?? {})
}
