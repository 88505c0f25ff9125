// One change of an installation, from the decision to the live state: the frame of every command that is no upload.
// Invariant: what is decided is tried, then remembered with its audit row, then followed; a failure undoes what was tried.

import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import type { InstallationChange } from '../../../plugin-store/store.ts'
import type { Manifest } from '../../../sdk/manifest/manifest.ts'
import type { Permissions } from '../../../sdk/protocol/permissions.ts'
import type { PluginController } from '../plugin-controller.ts'
import type { PluginControllers } from '../plugin-controllers.ts'
import type { Installation } from '../plugins.ts'
import type { PreparedRelease } from '../prepare/prepare-release.ts'
import { tryRelease } from '../prepare/try-release.ts'

export interface Decision {
  readonly change: InstallationChange
  readonly audit: {
    readonly actor: string
    readonly action: string
    readonly detail?: Record<string, unknown>
  }
}

/** A command on the installation `id`: `decide` sees the record as it is when the command has its turn. */
export interface Command {
  readonly id: string
  readonly decide: (record: InstallationRecord) => Decision | Promise<Decision>
}

/** Rejects with PLUGIN_UNKNOWN, with what `decide` throws, and when another release becomes active and does not load. */
export async function changeInstallation(
  registry: PluginControllers,
  command: Command,
): Promise<Installation> {
  const { id, decide } = command
  await registry.record(id)
  const plugin = registry.plugin(id)
  return await plugin.exclusive(async () => {
    const current = await registry.record(id)
    const { change, audit } = await decide(current)
    const isEnd = change.enabled === false && current.enabled && current.lifecycle === 'enabled'
    const [problem] = isEnd ? await plugin.tellEnd(current, ['disable'], audit.actor) : []
    const built = await tryChange(plugin, { current, change, registry })
    let record: InstallationRecord
    try {
      const whole = isEnd ? { ...change, lifecycle: 'installed' as const } : change
      record = await registry.services.store.catalog.change(id, whole, audit)
    } catch (error) {
      await built?.retire()
      throw error
    }
    const { actor } = audit
    if (built === undefined) await plugin.reconcile(record, { verify: true, actor, problem })
    else await plugin.serve(built, record, actor)
    // It is disabled again when its backend refused.
    return await registry.view(await registry.record(id))
  })
}

/** What the manifest of a release asks. */
export function askedBy(release: ReleaseRecord): Permissions {
  return (release.manifest as unknown as Manifest).permissions ?? {}
}

/** Tries another release that becomes the active one; while nothing serves there is nothing to lose. */
async function tryChange(
  plugin: PluginController,
  wanted: { current: InstallationRecord; change: InstallationChange; registry: PluginControllers },
): Promise<PreparedRelease | undefined> {
  const { current, change, registry } = wanted
  const { activeVersion } = change
  if (activeVersion == null || activeVersion === current.activeVersion || plugin.live === undefined)
    return undefined
  const release = await registry.services.store.catalog.release(current.id, activeVersion)
  if (release === undefined) return undefined
  const trial = { current, change: { enabled: current.enabled, ...change }, release }
  return await tryRelease(plugin, trial, registry.services)
}
