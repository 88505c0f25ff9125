// What an administrator can do with plugins: the table of commands, each carried out in a file of its own.
// Invariant: the store changes in one transaction per action, after everything that can fail has been tried.

import type { Permissions } from '../../sdk/protocol/permissions.ts'
import { PlugbayError } from '../errors.ts'
import type { PackageSource } from '../package/types.ts'
import { changeInstallation, type Decision } from './commands/change-installation.ts'
import { changeSettings, settingsOf } from './commands/change-settings.ts'
import { inspectPackage, installPackage } from './commands/install-package.ts'
import { exportData, importData } from './commands/plugin-data.ts'
import { rollback } from './commands/rollback.ts'
import { setAccess, setGrants } from './commands/set-grants.ts'
import { type UninstallOptions, uninstall } from './commands/uninstall.ts'
import { PluginControllers, type UploadCount } from './plugin-controllers.ts'
import type {
  DataExport,
  DataImport,
  DataImportOptions,
  InspectReport,
  Installation,
  Plugins,
  UploadOptions,
  UploadOutcome,
} from './plugins.ts'
import { isUntold } from './prepare/run-handlers.ts'
import type { LifecycleServices } from './services.ts'
import { type PluginUsage, usageOf } from './views/plugin-usage.ts'

export interface PluginAdmin extends Plugins {
  /** What every installed plugin uses now. */
  usage(): Promise<readonly PluginUsage[]>
  /** Uploads since the start, by what became of them. */
  readonly uploads: Readonly<Record<UploadCount, number>>
  /** Makes every installed plugin serve. Backends start at their first request. */
  boot(): Promise<void>
  /** Drains and stops every plugin. */
  close(): Promise<void>
}

export function createPluginAdmin(services: LifecycleServices): PluginAdmin {
  return new Manager(services)
}

class Manager implements PluginAdmin {
  readonly #registry: PluginControllers

  constructor(services: LifecycleServices) {
    this.#registry = new PluginControllers(services)
  }

  get uploads(): PluginAdmin['uploads'] {
    return this.#registry.uploads
  }

  usage(): Promise<readonly PluginUsage[]> {
    return usageOf(this.#registry)
  }

  async boot(): Promise<void> {
    const installed = await this.#registry.services.store.catalog.list()
    await Promise.all(
      installed.map((record) => {
        const plugin = this.#registry.plugin(record.id)
        const started = plugin.exclusive(() => plugin.reconcile(record, { verify: false, actor: 'system' }))
        if (!isUntold(record)) return started
        // The runtime ended while it was told; nobody else waits for that.
        started.catch((error: unknown) =>
          this.#registry.services.log.error(
            { plugin: record.id, error: String(error) },
            'a plugin could not be started',
          ),
        )
        return undefined
      }),
    )
  }

  async close(): Promise<void> {
    for (const plugin of this.#registry.all()) plugin.giveUp()
    await Promise.all(this.#registry.all().map((plugin) => plugin.exclusive(() => plugin.remove())))
  }

  async upload(source: PackageSource, options: UploadOptions): Promise<UploadOutcome> {
    const { uploads } = this.#registry
    try {
      const outcome = await installPackage(this.#registry, source, options)
      uploads[outcome.kind]++
      return outcome
    } catch (error) {
      uploads.refused++
      throw error
    }
  }

  inspect(source: PackageSource): Promise<InspectReport> {
    return inspectPackage(this.#registry.services, source)
  }

  async list(): Promise<readonly Installation[]> {
    const records = await this.#registry.services.store.catalog.list()
    return await Promise.all(records.map((record) => this.#registry.view(record)))
  }

  async get(id: string): Promise<Installation> {
    return await this.#registry.view(await this.#registry.record(id))
  }

  enable(id: string, actor: string): Promise<Installation> {
    return this.#change(id, { change: { enabled: true }, audit: { actor, action: 'plugin.enable' } })
  }

  disable(id: string, actor: string): Promise<Installation> {
    return this.#change(id, { change: { enabled: false }, audit: { actor, action: 'plugin.disable' } })
  }

  reload(id: string, actor: string): Promise<Installation> {
    return this.#change(id, { change: {}, audit: { actor, action: 'plugin.reload' } })
  }

  async retry(id: string, actor: string): Promise<Installation> {
    await this.#registry.record(id)
    const plugin = this.#registry.plugin(id)
    const runner = plugin.live?.route.runner
    if (runner === undefined || runner === null) return await this.reload(id, actor)
    return await plugin.exclusive(async () => {
      const record = await this.#registry.record(id)
      runner.retry()
      await this.#registry.services.store.audit.append(id, { actor, action: 'plugin.retry' })
      await plugin.reconcile(record, { verify: true, actor })
      return await this.#registry.view(record)
    })
  }

  rollback(id: string, actor: string, version?: string): Promise<Installation> {
    return rollback(this.#registry, id, { actor, version })
  }

  setGrants(id: string, grants: Permissions, actor: string): Promise<Installation> {
    return setGrants(this.#registry, id, { grants, actor })
  }

  setAccess(id: string, access: Installation['access'] | null, actor: string): Promise<Installation> {
    return setAccess(this.#registry, id, { access, actor })
  }

  uninstall(id: string, options: UninstallOptions): ReturnType<Plugins['uninstall']> {
    return uninstall(this.#registry, id, options)
  }

  settings(id: string): ReturnType<Plugins['settings']> {
    return settingsOf(this.#registry, id)
  }

  changeSettings(
    id: string,
    values: Readonly<Record<string, unknown>>,
    actor: string,
  ): ReturnType<Plugins['changeSettings']> {
    return changeSettings(this.#registry, id, { values, actor })
  }

  exportData(id: string, actor: string): Promise<DataExport> {
    return exportData(this.#registry, id, actor)
  }

  importData(id: string, options: DataImportOptions): Promise<DataImport> {
    return importData(this.#registry, id, options)
  }

  async evidence(id: string): ReturnType<Plugins['evidence']> {
    await this.#registry.record(id)
    const evidence = await this.#registry.plugin(id).evidence()
    if (evidence === undefined) throw new PlugbayError('NOT_FOUND', `"${id}" is not in quarantine`)
    return evidence
  }

  async logs(id: string, query: Parameters<Plugins['logs']>[1]): ReturnType<Plugins['logs']> {
    await this.#registry.record(id)
    const { log } = this.#registry.plugin(id)
    await log.settled()
    return log.page(query)
  }

  followLogs(id: string, listener: Parameters<Plugins['followLogs']>[1]): () => void {
    const plugin = this.#registry.known(id)
    if (plugin === undefined) throw new PlugbayError('PLUGIN_UNKNOWN')
    return plugin.log.follow(listener)
  }

  followEvents(listener: Parameters<Plugins['followEvents']>[0], sinceId?: number): () => void {
    return this.#registry.events.follow(listener, sinceId)
  }

  #change(id: string, decision: Decision): Promise<Installation> {
    return changeInstallation(this.#registry, { id, decide: () => decision })
  }
}
