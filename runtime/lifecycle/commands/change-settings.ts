// Changes the values of a plugin's settings.
// Invariant: values are stored all together or not at all, and never one that its schema refuses.

import type { Actor } from '../../../plugin-store/store.ts'
import { PlugbayError } from '../../errors.ts'
import { checkedChanges } from '../../settings/checked-changes.ts'
import { shownRelease } from '../releases.ts'
import type { LifecycleServices } from '../services.ts'
import type { Command } from './change.ts'

export interface SettingsWanted {
  readonly actor: Actor
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
      const stored = checkedChanges(values, manifest.settings)
      return {
        action: 'settings.set',
        isSettingsOnly: true,
        detail: { keys: Object.keys(values) },
        remember: (audit) => store.settings.set(record.id, stored, audit),
      }
    },
  }
}
