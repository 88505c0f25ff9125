// Which tasks fit beside those that run: places of the runtime and of a plugin (or the server, null), and the weight that a queue carries.
// Invariant: within a queue nothing overtakes a task that does not fit yet, so that a heavy one is not starved by light ones.

import type { TaskSource } from '../../plugin-store/tasks/task-records.ts'
import type { Candidate } from '../../plugin-store/tasks/task-store.ts'
import { QUEUE_WEIGHT } from './read-options.ts'

export type Occupant = Pick<Candidate, 'name' | 'key' | 'queue' | 'weight' | 'isExclusive'> & {
  readonly pluginId: TaskSource
}

export interface SlotLimits {
  readonly maxRunning: number
  readonly maxRunningPerPlugin: number
}

export class RunSlots {
  readonly #limits: SlotLimits
  readonly #running = new Set<Occupant>()
  readonly #byPlugin = new Map<TaskSource, Set<Occupant>>()

  constructor(limits: SlotLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#running.size
  }

  add(occupant: Occupant): void {
    this.#running.add(occupant)
    const own = this.#byPlugin.get(occupant.pluginId) ?? new Set()
    this.#byPlugin.set(occupant.pluginId, own.add(occupant))
  }

  delete(occupant: Occupant): void {
    this.#running.delete(occupant)
    const own = this.#byPlugin.get(occupant.pluginId)
    if (own?.delete(occupant) === true && own.size === 0) this.#byPlugin.delete(occupant.pluginId)
  }

  /** Places for tasks of the plugin. */
  free(pluginId: TaskSource): number {
    const { maxRunning, maxRunningPerPlugin } = this.#limits
    const own = this.#byPlugin.get(pluginId)?.size ?? 0
    return Math.max(0, Math.min(maxRunning - this.#running.size, maxRunningPerPlugin - own))
  }

  /** Queues of the plugin in which nothing can begin now. */
  fullQueues(pluginId: TaskSource): readonly string[] {
    const loads = this.#loads(pluginId)
    return [...loads].flatMap(([queue, { weight, isExclusive }]) =>
      isExclusive || weight >= QUEUE_WEIGHT ? [queue] : [],
    )
  }

  /**
   * Those of the candidates, which come in order, that can begin now; at most as many as there are places. A queue whose next one does
   * not fit is in `blocked`.
   */
  choose(
    pluginId: TaskSource,
    candidates: readonly Candidate[],
  ): { readonly chosen: readonly Candidate[]; readonly blocked: readonly string[] } {
    const loads = this.#loads(pluginId)
    const blocked = new Set<string>()
    const subjects = new Set<string>()
    const chosen: Candidate[] = []
    for (const candidate of candidates) {
      if (chosen.length >= this.free(pluginId)) break
      const { queue, name, key, weight, isExclusive } = candidate
      if (blocked.has(queue)) continue
      const load = loads.get(queue) ?? EMPTY
      const fits =
        !load.isExclusive && (isExclusive ? load.count === 0 : load.weight + weight <= QUEUE_WEIGHT)
      if (!fits) {
        blocked.add(queue)
        continue
      }
      const subject = `${name} ${key}`
      if (key !== null && subjects.has(subject)) continue
      if (key !== null) subjects.add(subject)
      loads.set(queue, sum(load, candidate))
      chosen.push(candidate)
    }
    return { chosen, blocked: [...blocked] }
  }

  #loads(pluginId: TaskSource): Map<string, Load> {
    const loads = new Map<string, Load>()
    for (const each of this.#byPlugin.get(pluginId) ?? [])
      loads.set(each.queue, sum(loads.get(each.queue) ?? EMPTY, each))
    return loads
  }
}

interface Load {
  readonly weight: number
  readonly count: number
  readonly isExclusive: boolean
}

const EMPTY: Load = { weight: 0, count: 0, isExclusive: false }

function sum(load: Load, one: Pick<Candidate, 'weight' | 'isExclusive'>): Load {
  return {
    weight: load.weight + one.weight,
    count: load.count + 1,
    isExclusive: load.isExclusive || one.isExclusive,
  }
}
