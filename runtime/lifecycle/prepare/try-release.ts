// Loads a release beside the one that serves, before anything is remembered.
// Invariant: a release that does not load is refused, and what serves goes on.

import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import type { InstallationChange } from '../../../plugin-store/store.ts'
import { PlugbayError } from '../../errors.ts'
import type { PluginController } from '../plugin-controller.ts'
import type { LifecycleServices } from '../services.ts'
import type { PreparedRelease } from './prepare-release.ts'

export interface ReleaseTrial {
  /** Undefined for the first release of a plugin. */
  readonly current: InstallationRecord | undefined
  readonly change: InstallationChange
  readonly release: ReleaseRecord
}

/**
 * The route of a release that the change makes the active one; undefined when there is nothing to try. Rejects with
 * LOAD_FAILED or DECLARATION_MISMATCH. The first release of a plugin is installed untried: it may want settings first.
 */
export async function tryRelease(
  plugin: PluginController,
  trial: ReleaseTrial,
  services: LifecycleServices,
): Promise<PreparedRelease | undefined> {
  const { current, change, release } = trial
  if (current === undefined || services.safe) return undefined
  if (change.enabled !== true || change.activeVersion !== release.version) return undefined
  try {
    return await plugin.prepare({ ...current, ...change }, release)
  } catch (error) {
    if (error instanceof PlugbayError && error.code === 'SETTINGS_INVALID') return undefined
    throw error
  }
}
