// Returns to an earlier release.
// Invariant: an earlier release never gets more than it requests and is currently granted, nor a wider audience.

import type { ReleaseRecord } from '../../../plugin-store/records.ts'
import type { Actor } from '../../../plugin-store/store.ts'
import { grantablePermissions } from '../../../sdk/permissions/asked.ts'
import { PlugbayError } from '../../errors.ts'
import { askedAccess, keptAccess } from '../../permissions/access.ts'
import { narrowTo } from '../../permissions/grants.ts'
import { releaseBefore } from '../releases.ts'
import type { Command, Situation } from './change.ts'

/** To `version`, or to the release that served before the active one. Rejects with STATE_CONFLICT when there is no such release. */
export function rollback(actor: Actor, version: string | undefined): Command {
  return {
    actor,
    decide(situation) {
      const { record, releases } = situation
      const target = targetOf(situation, version)
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

function targetOf({ record, releases }: Situation, wanted: string | undefined): ReleaseRecord {
  const target =
    wanted === undefined
      ? releaseBefore(record, releases)
      : releases.find(({ version }) => version === wanted)
  if (target !== undefined) return target
  const message = wanted === undefined ? 'No earlier release has served' : `There is no release "${wanted}"`
  const others = releases.filter(({ version }) => version !== record.activeVersion)
  if (others.length === 0) throw new PlugbayError('STATE_CONFLICT', message)
  const hint = `Name one that is kept: ${others.map(({ version }) => version).join(', ')}`
  throw new PlugbayError('STATE_CONFLICT', message, { problems: [{ code: 'STATE_CONFLICT', message, hint }] })
}
