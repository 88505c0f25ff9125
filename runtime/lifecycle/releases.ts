// Selects a release of a plugin when one awaits approval.

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

function releaseOf(version: string | null, releases: readonly ReleaseRecord[]): ReleaseRecord | undefined {
  return releases.find((release) => release.version === version)
}
