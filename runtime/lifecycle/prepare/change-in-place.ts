// Gives a serving backend new values of its settings without a restart, when it can take them.
// Invariant: every instance that starts afterwards gets the new values, whether this one has taken them or not.

import type { LifecycleCaller } from '../../guest-calls/lifecycle.ts'
import { callSettingsChanged, settingsEvent } from '../../guest-calls/settings.ts'
import type { EffectiveSettings } from '../../settings/effective-settings.ts'
import type { PreparedRelease } from './prepare-release.ts'

/** The settings of a release: what its backend reads. */
export type HeldSettings = Pick<EffectiveSettings, 'values' | 'secrets'>

export interface InPlace extends LifecycleCaller {
  /** Settings that differ. */
  readonly keys: readonly string[]
  /** Whether a backend that has never been loaded must be, to check that it loads with them. */
  readonly verify: boolean
}

/** The settings that differ, secrets too. */
export function changedKeys(before: HeldSettings, after: HeldSettings): readonly string[] {
  return [...differing(before.values, after.values), ...differing(before.secrets, after.secrets)]
}

/** False when the backend must be restarted instead. */
export async function changeInPlace(
  { plugin, runner, tasks, settings }: PreparedRelease,
  next: HeldSettings,
  { verify, keys, ...caller }: InPlace,
): Promise<boolean> {
  // Handles of secrets belong to an instance.
  if (differing(settings.secrets, next.secrets).length > 0) return false
  const { values } = next
  if (runner === null) {
    settings.values = values
    return true
  }
  const { exports, state } = runner
  if (exports === undefined && state === 'idle' && !verify) {
    settings.values = values
    return true
  }
  // An instance that is starting may have been sent the old values.
  if (state === 'starting' || state === 'failed') return false
  if (exports?.includes('settings.changed') !== true) return false
  settings.values = values
  tasks?.event(settingsEvent(values))
  return await callSettingsChanged({ runner, reportError: plugin.reportError }, { values, keys }, caller)
}

function differing(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
): readonly string[] {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...keys].filter((key) => JSON.stringify(ownOf(a, key)) !== JSON.stringify(ownOf(b, key)))
}

function ownOf(values: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(values, key) ? values[key] : undefined
}
