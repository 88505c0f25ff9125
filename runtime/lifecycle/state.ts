// The state of an installed plugin, from its record and what serves. The admin API, events and metrics all use this function.

import type { InstallationRecord } from '../../plugin-store/records.ts'
import type { PluginState } from '../../sdk/protocol/plugin-state.ts'
import type { LivePlugin } from '../contributions/live-plugin.ts'
import type { Problem } from '../errors.ts'

/** @param live undefined while the plugin has not been started since it was installed */
export function stateOf(
  { enabled, candidateVersion }: Pick<InstallationRecord, 'enabled' | 'candidateVersion'>,
  live: LivePlugin | undefined,
): PluginState {
  // A waiting release is what an administrator must see, also while the previous one still serves.
  if (enabled && candidateVersion !== null) return 'waiting-approval'
  if (live === undefined) return enabled ? 'starting' : 'disabled'
  if (live.kind === 'unavailable') return live.reason
  const { runner } = live
  if (runner === null) return 'running'
  return runner.state === 'stopped' ? 'idle' : runner.state
}

/** The problem of a plugin; null without one. */
export function problemOf(live: LivePlugin | undefined): Problem | null {
  if (live === undefined) return null
  if (live.kind === 'unavailable') return live.problem
  const failure = live.runner?.state === 'failed' ? live.runner.lastFailure : undefined
  return failure === undefined ? null : { code: failure.code, message: failure.message }
}
