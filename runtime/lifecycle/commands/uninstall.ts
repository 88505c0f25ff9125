// The end of an installation.
// Invariant: the store forgets the plugin first, so that a crash half-way leaves nothing that would serve again.

import type { LifecycleStage } from '../../../plugin-store/records.ts'
import type { Problem } from '../../errors.ts'
import type { LifecycleStep } from '../../guest-calls/lifecycle.ts'
import { type PluginControllers, unknownPlugin } from '../plugin-controllers.ts'
import type { LifecycleServices } from '../services.ts'

export interface UninstallOptions {
  readonly data: 'keep' | 'delete'
  readonly actor: string
}

export interface UninstallServices extends Pick<LifecycleServices, 'data' | 'store'> {
  readonly controllers: PluginControllers
}

/** What the backend hears, by what it was told before. */
const STEPS: Readonly<Record<LifecycleStage, readonly LifecycleStep[]>> = {
  new: [],
  installed: ['uninstall'],
  enabled: ['disable', 'uninstall'],
}

/** Resolves with what to warn of, when everything of the plugin has stopped. Rejects with PLUGIN_UNKNOWN. */
export async function uninstall(
  id: string,
  { actor, data: kept }: UninstallOptions,
  { controllers, data, store }: UninstallServices,
): Promise<readonly Problem[]> {
  return await controllers.turn(id, async ({ controller, record }) => {
    if (record === undefined) throw unknownPlugin(id)
    const warnings = await controller.tellEnd(record, STEPS[record.lifecycle], actor)
    await store.catalog.remove(id, { actor, action: 'plugin.uninstall', detail: { data: kept } })
    await controller.remove()
    if (kept === 'delete') await data.remove(id)
    return warnings
  })
}
