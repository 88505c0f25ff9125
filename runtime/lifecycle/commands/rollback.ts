// Returns to an earlier release.
// Invariant: an earlier release never gets more than it requests and is currently granted, nor a wider audience.

import type { ReleaseRecord } from '../../../plugin-store/records.ts'
import type { Actor } from '../../../plugin-store/store.ts'
import { grantablePermissions } from '../../../sdk/permissions/asked.ts'
import { PlugbayError } from '../../errors.ts'
import { askedAccess, keptAccess } from '../../permissions/access.ts'
import { narrowTo } from '../../permissions/grants.ts'
import type { Command } from './change.ts'

/** To `version`, or to the release before the active one. Rejects with STATE_CONFLICT when there is no such release. */
export function rollback(actor: Actor, version: string | undefined): Command {
  return {
    actor,
    decide({ record, releases }) {
      const target = targetOf(releases, { active: record.activeVersion, version })
      const active = releases.find(({ version }) => version === record.activeVersion)
      const access = keptAccess(record.access, {
        before: askedAccess(active?.manifest ?? {}),
        asked: askedAccess(target.manifest),
      })
      return {
        action: 'plugin.rollback',
        detail: { from: record.activeVersion, to: target.version },
        change: {
          activeVersion: target.version,
          candidateVersion: null,
          access,
          grants: narrowTo(record.grants, grantablePermissions(target.manifest)),
        },
      }
    },
  }
}

/** `releases` are newest first. */
function targetOf(
  releases: readonly ReleaseRecord[],
  wanted: { readonly active: string | null; readonly version: string | undefined },
): ReleaseRecord {
  const { active, version } = wanted
  const index = releases.findIndex((release) => release.version === active)
  const target =
    version === undefined ? releases[index + 1] : releases.find((release) => release.version === version)
  if (target === undefined)
    throw new PlugbayError(
      'STATE_CONFLICT',
      version === undefined ? 'There is no earlier release' : `There is no release "${version}"`,
    )
  return target
}
