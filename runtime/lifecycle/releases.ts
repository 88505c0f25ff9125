// Which of the releases of a plugin is meant, where one waits for approval.

import type { InstallationRecord, ReleaseRecord } from '../../plugin-store/records.ts'

type Versions = Pick<InstallationRecord, 'activeVersion' | 'candidateVersion'>

/** The one that counts: the active release, or the one that waits when none is active. */
export function shownRelease(
  { activeVersion, candidateVersion }: Versions,
  releases: readonly ReleaseRecord[],
): ReleaseRecord | undefined {
  return releaseOf(activeVersion ?? candidateVersion, releases)
}

/** The one that an administrator decides on: the release that waits, or the active one when none does. */
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
