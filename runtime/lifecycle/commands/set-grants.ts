// What an administrator grants a plugin, and whom the plugin serves.
// Invariant: both are at most as wide as what the manifest asks.

import type { InstallationRecord } from '../../../plugin-store/records.ts'
import type { Permissions } from '../../../sdk/permissions/permissions.ts'
import { PlugbayError } from '../../errors.ts'
import { isAtMostAsWide } from '../../permissions/access.ts'
import { difference, isWithin } from '../../permissions/grants.ts'
import type { PluginControllers } from '../plugin-controllers.ts'
import type { Installation } from '../plugins.ts'
import { askedBy, changeInstallation } from './change-installation.ts'

/** Approves a release that waits. Rejects with GRANT_TOO_WIDE. */
export async function setGrants(
  registry: PluginControllers,
  id: string,
  wanted: { readonly grants: Permissions; readonly actor: string },
): Promise<Installation> {
  const { grants, actor } = wanted
  const decide = async (record: InstallationRecord) => {
    const version = record.candidateVersion ?? record.activeVersion
    const release = version === null ? undefined : await registry.services.store.catalog.release(id, version)
    const asked = release === undefined ? {} : askedBy(release)
    if (!isWithin(grants, asked)) {
      const names = Object.keys(difference(grants, asked)).join('", "')
      throw new PlugbayError('GRANT_TOO_WIDE', `The manifest does not ask for "${names}" as wide as granted`)
    }
    return {
      change: { grants, reviewed: asked, activeVersion: version, candidateVersion: null },
      audit: { actor, action: 'grants.set', detail: { grants } },
    }
  }
  return await changeInstallation(registry, { id, decide })
}

/** `access` null returns to the manifest's. Rejects with GRANT_TOO_WIDE. */
export async function setAccess(
  registry: PluginControllers,
  id: string,
  wanted: { readonly access: Installation['access'] | null; readonly actor: string },
): Promise<Installation> {
  const { access, actor } = wanted
  const decide = async (record: InstallationRecord) => {
    const version = record.activeVersion ?? record.candidateVersion
    const release = version === null ? undefined : await registry.services.store.catalog.release(id, version)
    const asked = (release?.manifest.access as Installation['access'] | undefined) ?? 'public'
    if (access !== null && !isAtMostAsWide(access, asked)) {
      throw new PlugbayError('GRANT_TOO_WIDE', "The access is wider than the manifest's")
    }
    return { change: { access }, audit: { actor, action: 'access.set', detail: { access } } }
  }
  return await changeInstallation(registry, { id, decide })
}
