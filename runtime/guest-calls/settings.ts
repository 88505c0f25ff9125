// The guest call that gives a running backend new values of its settings.
// Invariant: the values arrive before the handler is called, and in the same instance.

import { randomUUID } from 'node:crypto'
import { type HostEvent, MAX_CALL_JSON } from '../../sdk/protocol/guest-calls.ts'
import type { PluginRunner } from '../sandbox/runner/plugin-runner.ts'
import { callGuest, type GuestCallTarget } from './call-guest.ts'
import { type LifecycleCaller, userOf } from './lifecycle.ts'

export interface SettingsTarget extends GuestCallTarget {
  readonly runner: Pick<PluginRunner, 'call' | 'event'>
}

export interface SettingsChange {
  /** All values, without secrets. */
  readonly values: Readonly<Record<string, unknown>>
  /** Those that differ. */
  readonly keys: readonly string[]
}

/** Whether the backend has taken the values. Never rejects: a failure is in the log of the plugin. */
export async function callSettingsChanged(
  target: SettingsTarget,
  { values, keys }: SettingsChange,
  { actor, signal }: LifecycleCaller,
): Promise<boolean> {
  const event = settingsEvent(values)
  if (event.length > MAX_CALL_JSON) return false
  target.runner.event(event)
  const outcome = await callGuest(target, 'settings.changed', {
    args: [keys],
    user: userOf(actor),
    requestId: `settings-${randomUUID().slice(0, 8)}`,
    signal,
  })
  // The runtime is stopping: the next start has the values.
  return outcome.ok || outcome.code === 'CANCELLED'
}

/** The event by which an instance gets the values. */
export function settingsEvent(values: SettingsChange['values']): string {
  return JSON.stringify({ e: 'settings.values', data: values } satisfies HostEvent)
}
