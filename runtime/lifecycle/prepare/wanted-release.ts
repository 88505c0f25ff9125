// Determines what should serve according to a plugin's record: a release with its settings, or nothing, with the reason.
// Invariant: it only reads and decides; it starts nothing.

import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import { checkHostSettingUse } from '../../contributions/host-setting-findings.ts'
import type { Unavailable } from '../../contributions/live-plugin.ts'
import type { Problem } from '../../errors.ts'
import type { EffectiveSettings } from '../../settings/effective-settings.ts'
import type { Quarantine } from '../evidence/quarantine.ts'
import { forcedOf, forcedOff } from '../forced.ts'
import type { LifecycleServices } from '../services.ts'
import { readSettings, type SettingServices } from './read-settings.ts'

export type WantedServices = SettingServices & Pick<LifecycleServices, 'config' | 'safe'>

export interface WantedRelease {
  readonly record: InstallationRecord
  readonly release: ReleaseRecord
  readonly settings: EffectiveSettings
}

/** Why nothing serves. */
export interface Withheld {
  readonly reason: Unavailable
  readonly problem?: Problem | undefined
  /** What was read, when a setting is the reason. */
  readonly settings?: EffectiveSettings
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
  const forced = forcedOf(id, services.config.plugins)
  if (forced?.enabled === false)
    return { reason: 'disabled', problem: enabled ? forcedOff(forced) : undefined }
  if (!enabled && forced === null) return { reason: 'disabled' }
  const release = activeVersion === null ? undefined : await services.store.catalog.release(id, activeVersion)
  if (release === undefined) return { reason: 'waiting-approval' }
  if (services.safe) return { reason: 'disabled', problem: SAFE_MODE }
  const kept = await quarantine?.of(release.version)
  if (kept !== undefined) return { reason: 'quarantined', problem: kept }
  // The application may be another one than at the upload.
  const [refusal] = checkHostSettingUse(release.manifest, services.points.host).problems
  if (refusal !== undefined) return { reason: 'failed', problem: refusal }
  const settings = await readSettings(release, services)
  const [problem] = settings.problems
  return problem === undefined
    ? { record, release, settings }
    : { reason: 'misconfigured', problem, settings }
}
