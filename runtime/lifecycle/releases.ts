// Selects a release of a plugin: the current one, the one to decide on, and the one to go back to.

import type { InstallationRecord, ReleaseRecord } from '../../plugin-store/records.ts'

type Versions = Pick<InstallationRecord, 'activeVersion' | 'candidateVersion'>

/** The current one: the active release, or the waiting one when none is active. */
export function shownRelease(
  { activeVersion, candidateVersion }: Versions,
  releases: readonly ReleaseRecord[],
): ReleaseRecord | undefined {
  return releaseOf(activeVersion ?? candidateVersion, releases)
}

/** The one to decide on: the waiting release, or the active one when none waits. */
export function newestRelease(
  record: Versions,
  releases: readonly ReleaseRecord[],
): ReleaseRecord | undefined {
  return releaseOf(newestVersion(record), releases)
}

export function newestVersion({ activeVersion, candidateVersion }: Versions): string | null {
  return candidateVersion ?? activeVersion
}

/**
 * The release that served before the active one; undefined when none did. One that was left for an earlier one, or was put in
 * quarantine, does not count.
 */
export function releaseBefore(
  { activeVersion }: Pick<InstallationRecord, 'activeVersion'>,
  releases: readonly ReleaseRecord[],
): ReleaseRecord | undefined {
  const active = releaseOf(activeVersion, releases)?.served ?? Number.POSITIVE_INFINITY
  return releases
    .filter(({ served, version }) => served !== undefined && served < active && version !== activeVersion)
    .toSorted((a, b) => (b.served ?? 0) - (a.served ?? 0))[0]
}

function releaseOf(version: string | null, releases: readonly ReleaseRecord[]): ReleaseRecord | undefined {
  return releases.find((release) => release.version === version)
}
