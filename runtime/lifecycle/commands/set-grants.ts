// Sets the permissions that an administrator grants a plugin, and the plugin's audience.
// Invariant: both are at most as wide as the manifest's request.

import type { Installation } from '../../../sdk/api/plugins.ts'
import type { Permissions } from '../../../sdk/permissions/permissions.ts'
import { PlugbayError } from '../../errors.ts'
import { isAtMostAsWide } from '../../permissions/access.ts'
import { difference, isWithin } from '../../permissions/grants.ts'
import { newestRelease, shownRelease } from '../releases.ts'
import type { Command } from './change.ts'

/** Approves a waiting release. Rejects with GRANT_TOO_WIDE. */
export function setGrants(actor: string, grants: Permissions): Command {
  return {
    actor,
    decide({ record, releases }) {
      const release = newestRelease(record, releases)
      const asked = release?.manifest.permissions ?? {}
      if (!isWithin(grants, asked)) {
        const names = Object.keys(difference(grants, asked)).join('", "')
        throw new PlugbayError(
          'GRANT_TOO_WIDE',
          `The manifest does not ask for "${names}" as wide as granted`,
        )
      }
      return {
        action: 'grants.set',
        detail: { grants },
        change: {
          grants,
          reviewed: asked,
          activeVersion: release?.version ?? null,
          candidateVersion: null,
        },
      }
    },
  }
}

/** `access` null restores the manifest's. Rejects with GRANT_TOO_WIDE. */
export function setAccess(actor: string, access: Installation['access'] | null): Command {
  return {
    actor,
    decide({ record, releases }) {
      const asked = shownRelease(record, releases)?.manifest.access ?? 'public'
      if (access !== null && !isAtMostAsWide(access, asked))
        throw new PlugbayError('GRANT_TOO_WIDE', "The access is wider than the manifest's")
      return { action: 'access.set', detail: { access }, change: { access } }
    },
  }
}
