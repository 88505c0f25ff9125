// The administration of plugins: the table of commands, each in a file of its own.
// Invariant: the store changes in one transaction per action, after everything that can fail has been tried.

import type { DataImportAnswer } from '../../sdk/api/data.ts'
import type { InspectAnswer } from '../../sdk/api/packages.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import type { Permissions } from '../../sdk/permissions/permissions.ts'
import { PlugbayError } from '../errors.ts'
import type { PackageSource } from '../package/types.ts'
import { type Change, type Command, createChange } from './commands/change.ts'
import { changeSettings } from './commands/change-settings.ts'
import { inspectPackage } from './commands/inspect-package.ts'
import { installPackage } from './commands/install-package.ts'
import { exportData, importData } from './commands/plugin-data.ts'
import { retry } from './commands/retry.ts'
import { rollback } from './commands/rollback.ts'
import { setAccess, setGrants } from './commands/set-grants.ts'
import { type UninstallOptions, uninstall } from './commands/uninstall.ts'
import { PluginControllers, unknownPlugin } from './plugin-controllers.ts'
import type { DataExport, DataImportOptions, Plugins, UploadOptions, UploadOutcome } from './plugins.ts'
import { RuntimeEvents } from './runtime-events.ts'
import type { LifecycleServices } from './services.ts'
import { createView, type View } from './views/installation-view.ts'
import { type PluginUsage, usageOf } from './views/plugin-usage.ts'
import { settingsOf } from './views/settings-view.ts'

export type UploadCount = UploadOutcome['kind'] | 'refused'

export interface PluginAdmin extends Plugins {
  /** Current resource usage of every installed plugin. */
  usage(): Promise<readonly PluginUsage[]>
  /** Uploads since the start, by outcome. */
  readonly uploads: Readonly<Record<UploadCount, number>>
  /** Starts serving every installed plugin. Backends start at their first request. */
  boot(): Promise<void>
  /** Drains and stops every plugin. */
  close(): Promise<void>
}

export function createPluginAdmin(services: LifecycleServices): PluginAdmin {
  return new Admin(services)
}

interface AdminServices extends LifecycleServices {
  readonly controllers: PluginControllers
  readonly view: View
  readonly change: Change
}

class Admin implements PluginAdmin {
  readonly uploads: Record<UploadCount, number> = { created: 0, updated: 0, unchanged: 0, refused: 0 }
  readonly #events = new RuntimeEvents()
  readonly #services: AdminServices

  constructor(services: LifecycleServices) {
    const { store } = services
    const controllers = new PluginControllers(services, this.#events)
    const view = createView(controllers, services)
    this.#services = { ...services, controllers, view, change: createChange({ controllers, store, view }) }
  }

  usage(): Promise<readonly PluginUsage[]> {
    return usageOf(this.#services.controllers, this.#services)
  }

  async boot(): Promise<void> {
    const { controllers, store } = this.#services
    const installed = await store.catalog.list()
    await Promise.all(installed.map((record) => controllers.boot(record)))
  }

  async close(): Promise<void> {
    await this.#services.controllers.close()
  }

  async upload(source: PackageSource, options: UploadOptions): Promise<UploadOutcome> {
    try {
      const outcome = await installPackage(source, options, this.#services)
      this.uploads[outcome.kind]++
      return outcome
    } catch (error) {
      this.uploads.refused++
      throw error
    }
  }

  inspect(source: PackageSource): Promise<InspectAnswer> {
    return inspectPackage(source, this.#services)
  }

  async list(): Promise<readonly Installation[]> {
    const { controllers, store, view } = this.#services
    const records = await store.catalog.list()
    return await Promise.all(records.filter(({ id }) => controllers.get(id) !== undefined).map(view))
  }

  async get(id: string): Promise<Installation> {
    const record = await this.#services.store.catalog.get(id)
    if (record === undefined) throw unknownPlugin(id)
    return await this.#services.view(record)
  }

  enable(id: string, actor: string): Promise<Installation> {
    return this.#change(id, {
      actor,
      decide: () => ({ action: 'plugin.enable', change: { enabled: true } }),
    })
  }

  disable(id: string, actor: string): Promise<Installation> {
    return this.#change(id, {
      actor,
      decide: () => ({ action: 'plugin.disable', change: { enabled: false } }),
    })
  }

  reload(id: string, actor: string): Promise<Installation> {
    return this.#change(id, { actor, decide: () => ({ action: 'plugin.reload' }) })
  }

  retry(id: string, actor: string): Promise<Installation> {
    return this.#change(id, retry(actor, this.#services))
  }

  rollback(id: string, actor: string, version?: string): Promise<Installation> {
    return this.#change(id, rollback(actor, version))
  }

  setGrants(id: string, grants: Permissions, actor: string): Promise<Installation> {
    return this.#change(id, setGrants(actor, grants))
  }

  setAccess(id: string, access: Installation['access'] | null, actor: string): Promise<Installation> {
    return this.#change(id, setAccess(actor, access))
  }

  uninstall(id: string, options: UninstallOptions): ReturnType<Plugins['uninstall']> {
    return uninstall(id, options, this.#services)
  }

  settings(id: string): ReturnType<Plugins['settings']> {
    return settingsOf(id, this.#services)
  }

  async changeSettings(
    id: string,
    values: Readonly<Record<string, unknown>>,
    actor: string,
  ): ReturnType<Plugins['changeSettings']> {
    await this.#change(id, changeSettings({ actor, values }, this.#services))
    return await this.settings(id)
  }

  exportData(id: string, actor: string): Promise<DataExport> {
    return exportData(id, actor, this.#services)
  }

  importData(id: string, options: DataImportOptions): Promise<DataImportAnswer> {
    return importData(id, options, this.#services)
  }

  async evidence(id: string): ReturnType<Plugins['evidence']> {
    const evidence = await this.#services.controllers.installed(id).evidence()
    if (evidence === undefined) throw new PlugbayError('NOT_FOUND', `"${id}" is not in quarantine`)
    return evidence
  }

  async logs(id: string, query: Parameters<Plugins['logs']>[1]): ReturnType<Plugins['logs']> {
    const { log } = this.#services.controllers.installed(id)
    await log.settled()
    return log.page(query)
  }

  subscribeLogs(id: string, listener: Parameters<Plugins['subscribeLogs']>[1]): () => void {
    return this.#services.controllers.installed(id).log.follow(listener)
  }

  subscribeEvents(listener: Parameters<Plugins['subscribeEvents']>[0], sinceId?: number): () => void {
    return this.#events.follow(listener, sinceId)
  }

  #change(id: string, command: Command): Promise<Installation> {
    return this.#services.change(id, command)
  }
}
