// Removes an installation.
// Invariant: the store deletes the plugin first, so that after a crash half-way nothing of it serves again.

import type { Actor } from '../../../plugin-store/store.ts'
import type { Problem } from '../../errors.ts'
import { askedAccess } from '../../permissions/access.ts'
import { type PluginControllers, unknownPlugin } from '../plugin-controllers.ts'
import { endSteps } from '../prepare/run-handlers.ts'
import { shownRelease } from '../releases.ts'
import type { LifecycleServices } from '../services.ts'

export interface UninstallOptions {
  readonly data: 'keep' | 'delete'
  readonly actor: Actor
}

export interface UninstallServices extends Pick<LifecycleServices, 'data' | 'store'> {
  readonly controllers: PluginControllers
}

/**
 * With `data: 'keep'` also what was chosen for the plugin stays, and it finds both when it is installed again; an uninstalled
 * plugin can be uninstalled once more to delete them. Resolves with warnings when everything of the plugin has stopped. Rejects
 * with PLUGIN_UNKNOWN.
 */
export async function uninstall(
  id: string,
  { actor, data: kept }: UninstallOptions,
  { controllers, data, store }: UninstallServices,
): Promise<readonly Problem[]> {
  const { catalog } = store
  const audit = { actor, action: 'plugin.uninstall', detail: { data: kept } }
  return await controllers.turn(id, async ({ controller, record }) => {
    if (record === undefined) {
      if (kept === 'keep') throw unknownPlugin(id)
      await catalog.forget(id, audit)
      await data.remove(id)
      return []
    }
    const warnings = await controller.callEndHandlers(record, endSteps(record), actor)
    const last = shownRelease(record, await catalog.releases(id))
    const remember = askedAccess(last?.manifest ?? {})
    await catalog.remove(id, kept === 'delete' ? 'forget' : { remember }, audit)
    await controller.remove()
    if (kept === 'delete') await data.remove(id)
    // The hint refers to the log, which is gone.
    return warnings.map(({ code, message }) => ({ code, message }))
  })
}
