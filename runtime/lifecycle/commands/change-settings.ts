// The values of a plugin's settings, read and changed by an administrator.
// Invariant: values are stored all together or not at all, and never one that its schema refuses.

import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import type { Manifest } from '../../../sdk/manifest/manifest.ts'
import { PlugbayError, type Problem } from '../../errors.ts'
import type { PluginControllers } from '../plugin-controllers.ts'
import type { SettingView } from '../plugins.ts'
import { createSettingCheck } from '../prepare/effective-settings.ts'

/** Every setting with its value and source. Rejects with PLUGIN_UNKNOWN. */
export async function settingsOf(
  registry: PluginControllers,
  id: string,
): Promise<Readonly<Record<string, SettingView>>> {
  const { release } = await shownRelease(registry, await registry.record(id))
  return (await registry.plugin(id).settings(release)).views
}

/** null returns a setting to its default. Rejects with SETTINGS_INVALID. */
export async function changeSettings(
  registry: PluginControllers,
  id: string,
  wanted: { readonly values: Readonly<Record<string, unknown>>; readonly actor: string },
): Promise<Readonly<Record<string, SettingView>>> {
  const { values, actor } = wanted
  await registry.record(id)
  const plugin = registry.plugin(id)
  return await plugin.exclusive(async () => {
    const record = await registry.record(id)
    const { release, manifest } = await shownRelease(registry, record)
    const problems = errorProblems(values, manifest)
    if (problems.length > 0)
      throw new PlugbayError('SETTINGS_INVALID', 'A setting is not valid', { problems })
    const stored = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value ?? undefined]))
    await registry.services.store.settings.set(id, stored, {
      actor,
      action: 'settings.set',
      detail: { keys: Object.keys(values) },
    })
    await plugin.reconcile(record, { verify: true, actor })
    return (await plugin.settings(release)).views
  })
}

function errorProblems(values: Readonly<Record<string, unknown>>, manifest: Manifest): readonly Problem[] {
  const properties = manifest.settings?.properties ?? {}
  const check = createSettingCheck()
  return Object.entries(values).flatMap(([key, value]): readonly Problem[] => {
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined
    if (property === undefined)
      return [{ code: 'SETTINGS_INVALID', message: `There is no setting "${key}"`, pointer: `/${key}` }]
    const problem = value === null ? undefined : check(key, value, property)
    return problem === undefined ? [] : [problem]
  })
}

/** The active release, or the one that waits when none is. */
async function shownRelease(
  registry: PluginControllers,
  record: InstallationRecord,
): Promise<{ release: ReleaseRecord; manifest: Manifest }> {
  const version = record.activeVersion ?? record.candidateVersion
  const release =
    version === null ? undefined : await registry.services.store.catalog.release(record.id, version)
  if (release === undefined) throw new PlugbayError('STATE_CONFLICT', 'The plugin has no release')
  return { release, manifest: release.manifest as unknown as Manifest }
}
