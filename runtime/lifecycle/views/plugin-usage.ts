// Resource usage of every installed plugin, for metrics.

import type { Resources } from '../../../sdk/api/resources.ts'
import type { PluginState } from '../../../sdk/protocol/plugin-state.ts'
import type { QueueFigures } from '../../sandbox/usage/queue-meter.ts'
import type { MemoryFigures } from '../../sandbox/usage/usage-meter.ts'
import { isWanted } from '../forced.ts'
import type { PluginControllers } from '../plugin-controllers.ts'
import type { LifecycleServices } from '../services.ts'
import { stateOf } from '../state.ts'
import { resourceFigures } from './resource-figures.ts'

export interface PluginUsage {
  readonly id: string
  readonly state: PluginState
  readonly resources: Resources
  readonly memory: MemoryFigures
  readonly queue: QueueFigures
  readonly taskMemory: MemoryFigures
}

export async function usageOf(
  controllers: PluginControllers,
  { config, data, meters, store }: Pick<LifecycleServices, 'config' | 'data' | 'meters' | 'store'>,
): Promise<readonly PluginUsage[]> {
  const records = await store.catalog.list()
  const usages = records.map(async (record): Promise<readonly PluginUsage[]> => {
    const controller = controllers.get(record.id)
    // Uninstalled after the list was read.
    if (controller === undefined) return []
    const resources = await resourceFigures(controller, { data, meters, store })
    const { id, live, meter } = controller
    const { memory } = meter
    const state = stateOf({ ...record, enabled: isWanted(record, config.plugins) }, live)
    const taskMemory = meters.tasksOf(id).memory
    return [{ id, state, resources, memory, queue: meter.queue.figures, taskMemory }]
  })
  return (await Promise.all(usages)).flat()
}
