// What every installed plugin uses, for metrics: the plugins of the store, with the figures of their live sides.

import type { QueueFigures } from '../../sandbox/usage/queue-meter.ts'
import type { MemoryFigures } from '../../sandbox/usage/usage-meter.ts'
import type { PluginControllers } from '../plugin-controllers.ts'
import type { PluginState, ResourceFigures } from '../plugins.ts'
import { resourceFigures } from './resource-figures.ts'

export interface PluginUsage {
  readonly id: string
  readonly state: PluginState
  readonly resources: ResourceFigures
  readonly memory: MemoryFigures
  readonly queue: QueueFigures
}

export async function usageOf(registry: PluginControllers): Promise<readonly PluginUsage[]> {
  const { store } = registry.services
  const records = await store.catalog.list()
  return await Promise.all(
    records.map(async ({ id, enabled, candidateVersion }) => {
      const plugin = registry.plugin(id)
      const isWaiting = enabled && candidateVersion !== null
      return {
        id,
        state: isWaiting ? 'waiting-approval' : plugin.state,
        resources: await resourceFigures(plugin, registry.services),
        memory: plugin.meter.memory,
        queue: plugin.meter.queue.figures,
      }
    }),
  )
}
