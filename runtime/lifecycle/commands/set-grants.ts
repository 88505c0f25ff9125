// Sets the permissions that an administrator grants a plugin, and the plugin's audience.
// Invariant: both are at most as wide as the manifest's request.

import type { Actor } from '../../../plugin-store/store.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import { askedPermissions, grantablePermissions } from '../../../sdk/permissions/asked.ts'
import type { Permissions } from '../../../sdk/permissions/permissions.ts'
import { PlugbayError } from '../../errors.ts'
import { askedAccess, isAtMostAsWide } from '../../permissions/access.ts'
import { difference, isWithin } from '../../permissions/grants.ts'
import type { SettingServices } from '../prepare/read-settings.ts'
import { lackOf, waitingRelease } from '../prepare/waiting-release.ts'
import { newestRelease, shownRelease } from '../releases.ts'
import type { Command } from './change.ts'

/** Approves a waiting release. Rejects with GRANT_TOO_WIDE, and with SETTINGS_INVALID for one that lacks settings and asks for more. */
export function setGrants(
  { actor, grants }: { readonly actor: Actor; readonly grants: Permissions },
  services: SettingServices,
): Command {
  return {
    actor,
    async decide({ record, releases }) {
      const release = newestRelease(record, releases)
      const grantable = grantablePermissions(release?.manifest)
      if (!isWithin(grants, grantable)) {
        const names = Object.keys(difference(grants, grantable)).join('", "')
        throw new PlugbayError(
          'GRANT_TOO_WIDE',
          `The manifest does not ask for "${names}" as wide as granted`,
        )
      }
      const decided = { grants, reviewed: askedPermissions(release?.manifest) }
      const waiting = await waitingRelease(record, releases, { services })
      const lack = waiting && lackOf(waiting, record.activeVersion ?? '')
      if (lack != null) {
        const serving = shownRelease(record, releases)
        if (isWithin(grants, grantablePermissions(serving?.manifest)))
          return { action: 'grants.set', detail: { grants }, change: decided }
        const problem = { ...lack, hint: 'Give it what it lacks first, then approve what it asks' }
        throw new PlugbayError(problem.code, problem.message, { problems: [problem] })
      }
      return {
        action: 'grants.set',
        detail: { grants },
        change: {
          ...decided,
          activeVersion: release?.version ?? null,
          candidateVersion: null,
        },
      }
    },
  }
}

/** `access` null restores the manifest's. Rejects with GRANT_TOO_WIDE. */
export function setAccess(actor: Actor, access: Installation['access'] | null): Command {
  return {
    actor,
    decide({ record, releases }) {
      const asked = askedAccess(newestRelease(record, releases)?.manifest ?? {})
      if (access !== null && !isAtMostAsWide(access, asked))
        throw new PlugbayError('GRANT_TOO_WIDE', "The access is wider than the manifest's")
      return { action: 'access.set', detail: { access }, change: { access } }
    },
  }
}
