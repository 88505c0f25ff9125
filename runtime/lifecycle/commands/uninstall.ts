// The end of an installation.
// Invariant: the store forgets the plugin first, so that a crash half-way leaves nothing that would serve again.

import type { PluginControllers } from '../plugin-controllers.ts'

export interface UninstallOptions {
  readonly data: 'keep' | 'delete'
  readonly actor: string
}

/** Resolves when everything of the plugin has stopped. Rejects with PLUGIN_UNKNOWN. */
export async function uninstall(
  registry: PluginControllers,
  id: string,
  options: UninstallOptions,
): Promise<void> {
  const { store, data } = registry.services
  await registry.record(id)
  const plugin = registry.plugin(id)
  await plugin.exclusive(async () => {
    await registry.record(id)
    await store.catalog.remove(id, {
      actor: options.actor,
      action: 'plugin.uninstall',
      detail: { data: options.data },
    })
    await plugin.remove()
    if (options.data === 'delete') await data.remove(id)
    registry.emitRemoved(id)
  })
  await registry.forgetIfUnknown(plugin)
}
