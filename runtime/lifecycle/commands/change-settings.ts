// Changes the values of a plugin's settings.
// Invariant: values are stored all together or not at all, and never one that its schema refuses.

import type { Manifest } from '../../../sdk/manifest/manifest.ts'
import { PlugbayError, type Problem } from '../../errors.ts'
import { createSettingCheck } from '../prepare/effective-settings.ts'
import { shownRelease } from '../releases.ts'
import type { LifecycleServices } from '../services.ts'
import type { Command } from './change.ts'

export interface SettingsWanted {
  readonly actor: string
  /** null resets a setting to its default. */
  readonly values: Readonly<Record<string, unknown>>
}

/** Rejects with SETTINGS_INVALID. */
export function changeSettings(
  { actor, values }: SettingsWanted,
  { store }: Pick<LifecycleServices, 'store'>,
): Command {
  return {
    actor,
    decide({ record, releases }) {
      const manifest = shownRelease(record, releases)?.manifest
      if (manifest === undefined) throw new PlugbayError('STATE_CONFLICT', 'The plugin has no release')
      const problems = errorProblems(values, manifest)
      if (problems.length > 0)
        throw new PlugbayError('SETTINGS_INVALID', 'A setting is not valid', { problems })
      const stored = Object.entries(values).map(([key, value]) => [key, value ?? undefined])
      return {
        action: 'settings.set',
        detail: { keys: Object.keys(values) },
        remember: (audit) => store.settings.set(record.id, Object.fromEntries(stored), audit),
      }
    },
  }
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
