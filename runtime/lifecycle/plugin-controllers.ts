// The plugins of this runtime, by id: what is remembered of each in the store, and what is alive of it.
// Invariant: there is one PluginController per id, kept as long as it is installed, serves, or somebody waits to change it.

import type { InstallationRecord } from '../../plugin-store/records.ts'
import { PlugbayError } from '../errors.ts'
import { PluginController } from './plugin-controller.ts'
import type { Installation, UploadOutcome } from './plugins.ts'
import { RuntimeEvents } from './runtime-events.ts'
import type { LifecycleServices } from './services.ts'
import { viewOf } from './views/installation-view.ts'
import { resourceFigures } from './views/resource-figures.ts'

export type UploadCount = UploadOutcome['kind'] | 'refused'

export class PluginControllers {
  readonly services: LifecycleServices
  readonly events = new RuntimeEvents()
  readonly uploads: Record<UploadCount, number> = { created: 0, updated: 0, unchanged: 0, refused: 0 }
  readonly #plugins = new Map<string, PluginController>()
  readonly #lastState = new Map<string, string>()

  constructor(services: LifecycleServices) {
    this.services = services
  }

  /** The record in the store. Rejects with PLUGIN_UNKNOWN. */
  async record(id: string): Promise<InstallationRecord> {
    const record = await this.services.store.catalog.get(id)
    if (record === undefined)
      throw new PlugbayError('PLUGIN_UNKNOWN', `There is no plugin "${id.slice(0, 64)}"`)
    return record
  }

  /** How the admin API shows an installation. */
  async view(record: InstallationRecord): Promise<Installation> {
    const { store, config } = this.services
    const plugin = this.plugin(record.id)
    const [releases, resources] = await Promise.all([
      store.catalog.releases(record.id),
      resourceFigures(plugin, this.services),
    ])
    return viewOf({ record, releases, plugin, config, resources })
  }

  /** The live side of a plugin, made when it is met for the first time. */
  plugin(id: string): PluginController {
    let plugin = this.#plugins.get(id)
    if (plugin === undefined) {
      plugin = new PluginController({
        id,
        services: this.services,
        onState: (changed) => this.emitState(changed),
      })
      this.#plugins.set(id, plugin)
    }
    return plugin
  }

  /** The live side of a plugin that has been met. */
  known(id: string): PluginController | undefined {
    return this.#plugins.get(id)
  }

  all(): readonly PluginController[] {
    return [...this.#plugins.values()]
  }

  /** A plugin that others are waiting to change is still needed: what they make of it must be found again. */
  async forgetIfUnknown(plugin: PluginController): Promise<void> {
    const isUnknown = (await this.services.store.catalog.get(plugin.id)) === undefined
    if (isUnknown && plugin.live === undefined && !plugin.isBusy) this.#plugins.delete(plugin.id)
  }

  /** Tells the followers of events, when the state is another than the last one told. */
  emitState(plugin: PluginController, record?: InstallationRecord): void {
    const state = record?.candidateVersion != null ? 'waiting-approval' : plugin.state
    const data = { id: plugin.id, state, version: plugin.version }
    const key = JSON.stringify(data)
    if (this.#lastState.get(plugin.id) === key) return
    this.#lastState.set(plugin.id, key)
    this.events.emit('plugin.state', data)
  }

  emitRemoved(id: string): void {
    this.#lastState.delete(id)
    this.events.emit('plugin.removed', { id })
  }
}
