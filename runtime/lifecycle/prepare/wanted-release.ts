// Determines what should serve according to a plugin's record: a release with its settings, or nothing, with the reason.
// Invariant: it only reads and decides; it starts nothing.

import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import type { Unavailable } from '../../contributions/live-plugin.ts'
import type { Problem } from '../../errors.ts'
import type { Quarantine } from '../evidence/quarantine.ts'
import type { LifecycleServices } from '../services.ts'
import type { EffectiveSettings } from './effective-settings.ts'
import { readSettings, type SettingServices } from './read-settings.ts'

export type WantedServices = SettingServices & Pick<LifecycleServices, 'safe'>

export interface WantedRelease {
  readonly record: InstallationRecord
  readonly release: ReleaseRecord
  readonly settings: EffectiveSettings
}

/** Why nothing serves. */
export interface Withheld {
  readonly reason: Unavailable
  readonly problem?: Problem | undefined
}

const SAFE_MODE: Problem = {
  code: 'PLUGIN_UNAVAILABLE',
  message: 'The server runs in safe mode: no plugin starts',
  hint: 'Start the server without "--safe" when the plugin that harms it is disabled or removed',
}

/** @param quarantine which may block the release; undefined to try it all the same */
export async function wantedRelease(
  record: InstallationRecord,
  quarantine: Quarantine | undefined,
  services: WantedServices,
): Promise<WantedRelease | Withheld> {
  const { activeVersion, enabled, id } = record
  if (!enabled) return { reason: 'disabled' }
  const release = activeVersion === null ? undefined : await services.store.catalog.release(id, activeVersion)
  if (release === undefined) return { reason: 'waiting-approval' }
  if (services.safe) return { reason: 'disabled', problem: SAFE_MODE }
  const kept = await quarantine?.of(release.version)
  if (kept !== undefined) return { reason: 'quarantined', problem: kept }
  const settings = await readSettings(release, services)
  const [problem] = settings.problems
  return problem === undefined ? { record, release, settings } : { reason: 'misconfigured', problem }
}
