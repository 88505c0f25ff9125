// The end of an installation.
// Invariant: the store forgets the plugin first, so that a crash half-way leaves nothing that would serve again.

import type { LifecycleStage } from '../../../plugin-store/records.ts'
import type { Problem } from '../../errors.ts'
import type { LifecycleStep } from '../../guest-calls/lifecycle.ts'
import type { PluginControllers } from '../plugin-controllers.ts'

export interface UninstallOptions {
  readonly data: 'keep' | 'delete'
  readonly actor: string
}

/** What the backend hears, by what it was told before. */
const STEPS: Readonly<Record<LifecycleStage, readonly LifecycleStep[]>> = {
  new: [],
  installed: ['uninstall'],
  enabled: ['disable', 'uninstall'],
}

/** Resolves with what to warn of, when everything of the plugin has stopped. Rejects with PLUGIN_UNKNOWN. */
export async function uninstall(
  registry: PluginControllers,
  id: string,
  options: UninstallOptions,
): Promise<readonly Problem[]> {
  const { store, data } = registry.services
  await registry.record(id)
  const plugin = registry.plugin(id)
  const warnings = await plugin.exclusive(async () => {
    const record = await registry.record(id)
    const told = await plugin.tellEnd(record, STEPS[record.lifecycle], options.actor)
    await store.catalog.remove(id, {
      actor: options.actor,
      action: 'plugin.uninstall',
      detail: { data: options.data },
    })
    await plugin.remove()
    if (options.data === 'delete') await data.remove(id)
    registry.emitRemoved(id)
    return told
  })
  await registry.forgetIfUnknown(plugin)
  return warnings
}
