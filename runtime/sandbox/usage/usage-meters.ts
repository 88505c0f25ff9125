// The meters of all plugins, by id: work done elsewhere on behalf of a plugin is charged here.
// Invariant: work for a plugin that is not installed any more is charged to no one.

import { type TakenUsage, UsageMeter } from './usage-meter.ts'

export class UsageMeters {
  readonly #meters = new Map<string, UsageMeter>()

  /** The meter of an installed plugin: one across releases, reloads and crashes. */
  of(pluginId: string): UsageMeter {
    const known = this.#meters.get(pluginId)
    if (known !== undefined) return known
    const meter = new UsageMeter()
    this.#meters.set(pluginId, meter)
    return meter
  }

  /** Ids of the plugins that have one. */
  plugins(): readonly string[] {
    return [...this.#meters.keys()].filter((id) => !id.endsWith(' tasks'))
  }

  /** What the tasks of the plugin use, which has a limit of its own: they take nothing from its visitors. */
  tasksOf(pluginId: string): UsageMeter {
    return this.of(`${pluginId} tasks`)
  }

  /** What the plugin and its tasks have used since this was asked last. */
  take(pluginId: string): TakenUsage {
    const own = this.of(pluginId).take()
    const tasks = this.#meters.get(`${pluginId} tasks`)?.take()
    if (tasks === undefined) return own
    // A run of a task is not a request of a visitor.
    return { ...own, cpuMs: own.cpuMs + tasks.cpuMs, peakBytes: own.peakBytes + tasks.peakBytes }
  }

  /** The plugin is not installed any more. */
  delete(pluginId: string): void {
    this.#meters.delete(pluginId)
    this.#meters.delete(`${pluginId} tasks`)
  }

  /** CPU time that was used on behalf of the plugin outside of its process, in milliseconds. */
  charge(pluginId: string, ms: number): void {
    this.#meters.get(pluginId)?.owe(ms)
  }
}
