// The release that waits while an earlier one serves: for approval, for settings that it lacks, or because of a doubt about it.
// Invariant: it goes live by itself only when an administrator has nothing to decide about it.

import type { InstallationRecord, ReleaseRecord, SettingRecord } from '../../../plugin-store/records.ts'
import type { Problem } from '../../../sdk/api/problems.ts'
import type { EffectiveSettings } from '../../settings/effective-settings.ts'
import { shownRelease } from '../releases.ts'
import { readSettings, type SettingServices } from './read-settings.ts'

export interface WaitingRelease {
  readonly release: ReleaseRecord
  readonly settings: EffectiveSettings
}

type Versions = Pick<InstallationRecord, 'activeVersion' | 'candidateVersion'>

/** Undefined when none waits beside an active one. `stored` is used in place of the rows in the store. */
export async function waitingRelease(
  { activeVersion, candidateVersion }: Versions,
  releases: readonly ReleaseRecord[],
  { services, stored }: { readonly services: SettingServices; readonly stored?: readonly SettingRecord[] },
): Promise<WaitingRelease | undefined> {
  if (activeVersion === null || candidateVersion === null) return undefined
  const release = releases.find(({ version }) => version === candidateVersion)
  return release && { release, settings: await readSettings(release, services, stored) }
}

/** Whose settings are shown and changed: those of a release that waits for them, so that they can be given to it. */
export async function configuredRelease(
  record: Versions,
  releases: readonly ReleaseRecord[],
  services: SettingServices,
): Promise<ReleaseRecord | undefined> {
  const waiting = await waitingRelease(record, releases, { services })
  return waiting !== undefined && waiting.settings.problems.length > 0
    ? waiting.release
    : shownRelease(record, releases)
}

/** What an administrator must see before it goes live; settings that it lacks come first. */
export function reasonOf(waiting: WaitingRelease, serving: string): Problem | null {
  const lack = lackOf(waiting, serving)
  const { doubt, version } = waiting.release
  if (lack !== null || doubt === undefined) return lack
  const hint =
    `If it is meant to be so, approve it; version "${serving}" serves until then. ${doubt.hint ?? ''}`.trim()
  return { ...doubt, message: `Version "${version}" waits: ${doubt.message}`, hint }
}

/** Why the settings keep it from going live. */
export function lackOf({ release, settings }: WaitingRelease, serving: string): Problem | null {
  const [problem] = settings.problems
  if (problem === undefined) return null
  const message = `Version "${release.version}" waits: ${problem.message}`
  const more = settings.problems.length > 1 ? `, and ${settings.problems.length - 1} more` : ''
  const hint = `Give it what it lacks, and it goes live; version "${serving}" serves until then`
  return { ...problem, message: `${message}${more}`, hint }
}
