// Lets a release go live that has waited for settings, when they are there.
// Invariant: what it asks beyond what was reviewed is never granted here.

import type { ReleaseRecord } from '../../../plugin-store/records.ts'
import type { InstallationChange } from '../../../plugin-store/store.ts'
import { askedPermissions, grantablePermissions } from '../../../sdk/permissions/asked.ts'
import { PlugbayError } from '../../errors.ts'
import { SYSTEM_ACTOR } from '../../guest-calls/lifecycle.ts'
import { askedAccess } from '../../permissions/access.ts'
import { waitingRelease } from '../prepare/waiting-release.ts'
import { shownRelease } from '../releases.ts'
import type { LifecycleServices } from '../services.ts'
import type { Change, Command, Situation } from './change.ts'
import { changeFor } from './decide.ts'

/** The installation when the release that waits becomes active; undefined while it needs approval. */
export function promotion(
  { record, releases }: Pick<Situation, 'record' | 'releases'>,
  { doubt, manifest, version }: ReleaseRecord,
): InstallationChange | undefined {
  if (doubt !== undefined) return undefined
  const active = shownRelease(record, releases)
  const request = {
    version,
    asked: askedPermissions(manifest),
    grantable: grantablePermissions(manifest),
    access: { asked: askedAccess(manifest), before: active && askedAccess(active.manifest) },
  }
  const change = changeFor(request, record, {})
  return change.candidateVersion === null ? change : undefined
}

/** Does nothing when none waits, or for something else. A release that fails then goes on waiting, and the server's log says why. */
export async function promoteWaiting(
  id: string,
  services: LifecycleServices & { readonly change: Change },
): Promise<void> {
  const { change, log, safe, store } = services
  const record = await store.catalog.get(id)
  if (safe || record === undefined || record.candidateVersion === null) return
  const releases = await store.catalog.releases(id)
  if ((await readyChange({ record, releases }, services)) === undefined) return
  try {
    await change(id, promote(services))
  } catch (error) {
    log.warn({ plugin: id, error: String(error) }, 'a release that has waited for settings cannot go live')
  }
}

function promote(services: LifecycleServices): Command {
  return {
    actor: SYSTEM_ACTOR,
    async decide(situation) {
      const ready = await readyChange(situation, services)
      if (ready === undefined)
        throw new PlugbayError('STATE_CONFLICT', 'No release waits for settings any more')
      return ready
    },
  }
}

async function readyChange(situation: Pick<Situation, 'record' | 'releases'>, services: LifecycleServices) {
  const { record, releases } = situation
  const waiting = await waitingRelease(record, releases, { services })
  if (waiting === undefined || waiting.settings.problems.length > 0) return undefined
  const { release } = waiting
  const change = promotion(situation, release)
  const { version, sha256 } = release
  return change && { action: 'plugin.update', detail: { version, sha256 }, change }
}
