// Changes the values of a plugin's settings.
// Invariant: values are stored all together or not at all, and never one that its schema refuses; while a release waits for settings,
// they are its settings, and none is stored alone that the serving one could not take.

import type { ReleaseRecord, SettingRecord } from '../../../plugin-store/records.ts'
import type { Actor } from '../../../plugin-store/store.ts'
import { PlugbayError, type Problem } from '../../errors.ts'
import { checkedChanges } from '../../settings/checked-changes.ts'
import type { SettingServices } from '../prepare/read-settings.ts'
import { configuredRelease, lackOf, waitingRelease } from '../prepare/waiting-release.ts'
import { shownRelease } from '../releases.ts'
import type { Command, Decision, Situation } from './change.ts'
import { promotion } from './promote.ts'

export interface SettingsWanted {
  readonly actor: Actor
  /** null resets a setting to its default. */
  readonly values: Readonly<Record<string, unknown>>
}

/** Rejects with SETTINGS_INVALID. */
export function changeSettings({ actor, values }: SettingsWanted, services: SettingServices): Command {
  const { store } = services
  return {
    actor,
    async decide(situation) {
      const { record, releases } = situation
      const release = await configuredRelease(record, releases, services)
      if (release === undefined) throw new PlugbayError('STATE_CONFLICT', 'The plugin has no release')
      const stored = checkedChanges(values, release.manifest.settings)
      const change = {
        action: 'settings.set',
        detail: { keys: Object.keys(values) },
        remember: (audit, change) => store.settings.set(record.id, stored, audit, change),
      } satisfies Decision
      if (release.version !== record.candidateVersion || record.activeVersion === null)
        return { ...change, isSettingsOnly: true }
      return { ...change, ...(await forWaiting(situation, { release, stored, services })) }
    },
  }
}

interface Given {
  /** The one that waits. */
  readonly release: ReleaseRecord
  /** Undefined for a setting that returns to its default. */
  readonly stored: Readonly<Record<string, unknown>>
  readonly services: SettingServices
}

/** The release goes live when nothing is lacking any more; otherwise the values wait with it. */
async function forWaiting(
  situation: Situation,
  { release, stored, services }: Given,
): Promise<Pick<Decision, 'change' | 'settings' | 'detail' | 'isSettingsOnly'>> {
  const { record, releases } = situation
  const settings = withChanges(await services.store.settings.get(record.id), { release, stored, services })
  const waiting = await waitingRelease(record, releases, { services, stored: settings })
  const change = waiting?.settings.problems.length === 0 ? promotion(situation, release) : undefined
  const { version } = release
  if (change !== undefined) return { change, settings, detail: { keys: Object.keys(stored), version } }
  requireFitting(
    shownRelease(record, releases),
    stored,
    waiting && lackOf(waiting, record.activeVersion ?? ''),
  )
  return { isSettingsOnly: true }
}

function withChanges(rows: readonly SettingRecord[], { release, stored }: Given): readonly SettingRecord[] {
  const { pluginId, manifest } = release
  const kept = rows.filter(({ key }) => !Object.hasOwn(stored, key))
  const added = Object.entries(stored).flatMap(([key, value]) => {
    const isSealed = manifest.settings?.properties?.[key]?.format === 'secret'
    return value === undefined ? [] : [{ pluginId, key, value, isSealed }]
  })
  return [...kept, ...added]
}

/** Throws SETTINGS_INVALID for a value that the serving release could not take. */
function requireFitting(
  serving: ReleaseRecord | undefined,
  stored: Readonly<Record<string, unknown>>,
  lack: Problem | null | undefined,
): void {
  const schema = serving?.manifest.settings
  const known = Object.entries(stored).filter(
    ([key, value]) => value !== undefined && Object.hasOwn(schema?.properties ?? {}, key),
  )
  try {
    checkedChanges(Object.fromEntries(known), schema)
  } catch (error) {
    if (!(error instanceof PlugbayError)) throw error
    const hint =
      lack === null || lack === undefined
        ? 'Approve the permissions of the release that waits first'
        : `Set it together with the rest. ${lack.message}`
    const problems = error.problems.map((problem) => ({
      ...problem,
      message: `${problem.message} for version "${serving?.version}", which serves`,
      hint,
    }))
    throw new PlugbayError('SETTINGS_INVALID', 'A setting is not valid', { problems })
  }
}
