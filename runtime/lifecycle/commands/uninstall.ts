// Removes an installation.
// Invariant: the store deletes the plugin first, so that after a crash half-way nothing of it serves again.

import type { Problem } from '../../errors.ts'
import { type PluginControllers, unknownPlugin } from '../plugin-controllers.ts'
import { endSteps } from '../prepare/run-handlers.ts'
import type { LifecycleServices } from '../services.ts'

export interface UninstallOptions {
  readonly data: 'keep' | 'delete'
  readonly actor: string
}

export interface UninstallServices extends Pick<LifecycleServices, 'data' | 'store'> {
  readonly controllers: PluginControllers
}

/** Resolves with warnings when everything of the plugin has stopped. Rejects with PLUGIN_UNKNOWN. */
export async function uninstall(
  id: string,
  { actor, data: kept }: UninstallOptions,
  { controllers, data, store }: UninstallServices,
): Promise<readonly Problem[]> {
  return await controllers.turn(id, async ({ controller, record }) => {
    if (record === undefined) throw unknownPlugin(id)
    const warnings = await controller.callEndHandlers(record, endSteps(record), actor)
    await store.catalog.remove(id, { actor, action: 'plugin.uninstall', detail: { data: kept } })
    await controller.remove()
    if (kept === 'delete') await data.remove(id)
    // The hint refers to the log, which is gone.
    return warnings.map(({ code, message }) => ({ code, message }))
  })
}
