// The end of an installation.
// Invariant: the store forgets the plugin first, so that a crash half-way leaves nothing that would serve again.

import { type PluginControllers, unknownPlugin } from '../plugin-controllers.ts'
import type { LifecycleServices } from '../services.ts'

export interface UninstallOptions {
  readonly data: 'keep' | 'delete'
  readonly actor: string
}

export interface UninstallServices extends Pick<LifecycleServices, 'data' | 'store'> {
  readonly controllers: PluginControllers
}

/** Resolves when everything of the plugin has stopped. Rejects with PLUGIN_UNKNOWN. */
export async function uninstall(
  id: string,
  { actor, data: kept }: UninstallOptions,
  { controllers, data, store }: UninstallServices,
): Promise<void> {
  await controllers.turn(id, async ({ controller, record }) => {
    if (record === undefined) throw unknownPlugin(id)
    await store.catalog.remove(id, { actor, action: 'plugin.uninstall', detail: { data: kept } })
    await controller.remove()
    if (kept === 'delete') await data.remove(id)
  })
}
