// Lets a plugin take the place of another one, as its manifest asks: data, settings, choices and grants become those of the new id.
// Invariant: only an administrator's command does it, once, and the new plugin gets no more than the old one had unless the command
// says so; until the one transaction that decides, the old plugin and its data are as they were.

import type { InstallationRecord, ReleaseRecord, RemovedRecord } from '../../../plugin-store/records.ts'
import type { Actor, InstallationChange } from '../../../plugin-store/store.ts'
import type { Access } from '../../../sdk/api/access.ts'
import type { Installation, ReplaceRequest } from '../../../sdk/api/plugins.ts'
import { askedPermissions, grantablePermissions } from '../../../sdk/permissions/asked.ts'
import { PlugbayError } from '../../errors.ts'
import { SYSTEM_ACTOR } from '../../guest-calls/lifecycle.ts'
import { askedAccess, keptAccess } from '../../permissions/access.ts'
import type { PluginController } from '../plugin-controller.ts'
import { type PluginControllers, unknownPlugin } from '../plugin-controllers.ts'
import type { PreparedRelease } from '../prepare/prepare-release.ts'
import { newestRelease, shownRelease } from '../releases.ts'
import type { LifecycleServices } from '../services.ts'
import type { View } from '../views/installation-view.ts'
import { followRecord } from './change.ts'
import { replacingGrants } from './replacing-grants.ts'

export interface ReplaceServices extends Pick<LifecycleServices, 'data' | 'safe' | 'store'> {
  readonly controllers: PluginControllers
  readonly view: View
}

export interface ReplaceOptions extends ReplaceRequest {
  readonly actor: Actor
}

/**
 * Rejects with PLUGIN_UNKNOWN, STATE_CONFLICT, REPLACE_CONFLICT, GRANT_TOO_WIDE, SETTINGS_INVALID, SECRETS_KEY_UNUSABLE, and as
 * PluginController.prepare() does; then both plugins are as before.
 */
export async function replacePlugin(
  id: string,
  options: ReplaceOptions,
  services: ReplaceServices,
): Promise<Installation> {
  const { controllers, store, view } = services
  const { from } = options
  if (from === id) throw new PlugbayError('STATE_CONFLICT', 'A plugin cannot take its own place')
  return await controllers.turns([id, from], async ({ controller, record }, { controller: old }) => {
    if (record === undefined) throw unknownPlugin(id)
    const plan = await planOf(record, options, services)
    await old.suspend()
    let prepared: PreparedRelease | undefined
    let after: InstallationRecord
    try {
      ;({ prepared, after } = await takeOver(controller, { ...plan, record }, { options, services }))
    } catch (error) {
      const current = await store.catalog.get(from)
      if (current !== undefined) await old.reconcile(current, { verify: false, actor: SYSTEM_ACTOR })
      throw error
    }
    // From here on it has happened. What is left now is settled by the next start, too.
    await old.remove()
    await services.data.snapshots.checkpoints.discard({ pluginId: id, version: '' })
    await followRecord(controller, { record: after, prepared, actor: options.actor })
    await services.data.remove(from)
    return await view(controller.record ?? after)
  })
}

interface Plan {
  readonly release: ReleaseRecord
  readonly before: InstallationRecord | RemovedRecord
  readonly change: InstallationChange
}

/** Throws when it may not be. */
async function planOf(
  record: InstallationRecord,
  { from, grants }: ReplaceOptions,
  { store }: Pick<ReplaceServices, 'store'>,
): Promise<Plan> {
  const { catalog, replacements, settings } = store
  const release = newestRelease(record, await catalog.releases(record.id))
  if (release?.manifest.replaces?.includes(from) !== true)
    throw new PlugbayError('STATE_CONFLICT', `"${record.id}" does not ask to replace "${from}"`)
  const taken = (await replacements.list()).find(({ id }) => id === from)
  if (taken !== undefined)
    throw new PlugbayError('REPLACE_CONFLICT', `"${from}" was replaced by "${taken.by}" already`)
  const before = (await catalog.get(from)) ?? (await catalog.removed(from))
  if (before === undefined) throw unknownPlugin(from)
  if (record.dataVersion !== null)
    throw new PlugbayError('STATE_CONFLICT', `"${record.id}" has run, and may have data of its own`, {
      problems: [
        {
          code: 'STATE_CONFLICT',
          message: `"${record.id}" has run, and may have data of its own`,
          hint: 'Uninstall it with its data, install it again, and let it take the place before it runs',
        },
      ],
    })
  const { manifest, version } = release
  const asked = askedAccess(manifest)
  const access = keptAccess(before.access, { before: await accessBefore(before, store), asked })
  const sealed = (await settings.get(from)).map(({ key }) => key)
  return {
    release,
    before,
    change: {
      enabled: before.enabled,
      activeVersion: version,
      candidateVersion: null,
      grants: replacingGrants({
        old: before.grants,
        chosen: grants,
        grantable: grantablePermissions(manifest),
        carried: sealed,
      }),
      reviewed: askedPermissions(manifest),
      access,
      lifecycle: before.dataVersion === null ? 'new' : 'installed',
    },
  }
}

async function accessBefore(
  before: InstallationRecord | RemovedRecord,
  { catalog }: ReplaceServices['store'],
): Promise<Access> {
  if ('accessAsked' in before) return before.accessAsked
  return askedAccess(shownRelease(before, await catalog.releases(before.id))?.manifest ?? {})
}

interface TakenOver {
  readonly prepared: PreparedRelease | undefined
  readonly after: InstallationRecord
}

/** Everything up to the transaction. When it rejects, the new plugin has no data, as before. */
async function takeOver(
  controller: PluginController,
  { record, release, before, change }: Plan & { readonly record: InstallationRecord },
  { options, services }: { readonly options: ReplaceOptions; readonly services: ReplaceServices },
): Promise<TakenOver> {
  const { data, safe, store } = services
  const { actor, from } = options
  const { id } = record
  const { checkpoints } = data.snapshots
  const empty = { pluginId: id, version: '' }
  const { dataVersion } = before
  const carried = dataVersion === null ? {} : { dataVersion }
  await checkpoints.make(empty)
  try {
    await checkpoints.adopt({ from, to: id })
    const wanted = { ...record, ...change, ...carried }
    const settings = await store.replacements.carried({ from, to: id })
    const prepared =
      controller.isWanted(wanted) && !safe
        ? await controller.prepare({ record: wanted, release, settings }, actor)
        : undefined
    const reached =
      prepared !== undefined && dataVersion !== null ? { dataVersion: release.version } : carried
    const audit = { actor, action: 'plugin.replace', detail: { version: release.version } }
    const after = await controller.attempt(prepared, () =>
      store.replacements.replace({ from, to: id }, { ...change, ...reached }, audit),
    )
    return { prepared, after }
  } catch (error) {
    await checkpoints.restore(empty)
    throw error
  }
}
