// Settles upgrades and replacements in whose middle a runtime has ended, before anything starts.
// Invariant: the record decides: data of an upgrade that was not recorded is put back as it was before.

import type { LifecycleServices } from '../services.ts'

/** Rejects with HOST_CALL_FAILED when data cannot be put back: no plugin may start then. */
export async function recoverUpgrades({
  data,
  log,
  store,
}: Pick<LifecycleServices, 'data' | 'log' | 'store'>): Promise<void> {
  const { checkpoints } = data.snapshots
  for (const name of await checkpoints.list()) {
    const record = await store.catalog.get(name.pluginId)
    // Also of one that was uninstalled: what is kept of it is what its last release has left.
    if (record === undefined || (record.dataVersion ?? '') !== name.version) await checkpoints.discard(name)
    else {
      log.warn({ plugin: name.pluginId }, 'an upgrade was interrupted: the data is as it was before')
      await checkpoints.restore(name)
    }
  }
  // The new plugin has a copy.
  for (const { id } of await store.replacements.list())
    if (await data.snapshots.hasData(id)) await data.remove(id)
}
