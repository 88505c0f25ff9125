// The administration of plugins: the table of commands, each in a file of its own.
// Invariant: the store changes in one transaction per action, after everything that can fail has been tried.

import type { MenuItemPlace } from '../../plugin-store/records.ts'
import type { Actor } from '../../plugin-store/store.ts'
import type { DataImportAnswer } from '../../sdk/api/data.ts'
import type { EnablingAnswer, SwitchAnswer } from '../../sdk/api/enabling.ts'
import type { InspectAnswer } from '../../sdk/api/packages.ts'
import type { Installation, ReplaceRequest } from '../../sdk/api/plugins.ts'
import type { UsagePeriod } from '../../sdk/api/usage.ts'
import type { Text } from '../../sdk/manifest/text.ts'
import type { Permissions } from '../../sdk/permissions/permissions.ts'
import type { OrderedPoint } from '../contributions/orders.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import type { PackageSource } from '../package/types.ts'
import { UsageHistory } from '../sandbox/usage/usage-history.ts'
import { type Change, type Command, createChange } from './commands/change.ts'
import { changeSettings } from './commands/change-settings.ts'
import { applyExactly, switchAll } from './commands/enabling.ts'
import { inspectPackage } from './commands/inspect-package.ts'
import { installPackage } from './commands/install-package.ts'
import { exportData, importData } from './commands/plugin-data.ts'
import { promoteWaiting } from './commands/promote.ts'
import { replacePlugin } from './commands/replace-plugin.ts'
import { retry } from './commands/retry.ts'
import { rollback } from './commands/rollback.ts'
import { setAccess, setGrants } from './commands/set-grants.ts'
import { setMenuTitle } from './commands/set-menu-title.ts'
import { setOrder } from './commands/set-order.ts'
import { type UninstallOptions, uninstall } from './commands/uninstall.ts'
import { unknownForced } from './forced.ts'
import { PermissionUses } from './permission-uses.ts'
import { endsInBootTime, PluginControllers, unknownPlugin } from './plugin-controllers.ts'
import type { DataExport, DataImportOptions, Plugins, UploadOptions, UploadOutcome } from './plugins.ts'
import { recoverUpgrades } from './prepare/recover-upgrades.ts'
import { newestRelease } from './releases.ts'
import { RuntimeEvents } from './runtime-events.ts'
import type { LifecycleServices } from './services.ts'
import { SettingsFollower } from './settings-follower.ts'
import { withEffects } from './views/effects.ts'
import { createView, type View } from './views/installation-view.ts'
import { type PluginUsage, usageOf } from './views/plugin-usage.ts'
import { releaseContent, releaseIcon } from './views/release-content.ts'
import { refuseSecretsOnCommandLine, settingsProblems } from './views/settings-problems.ts'
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
  readonly #follower: SettingsFollower
  readonly #uses: PermissionUses
  readonly #history: UsageHistory
  readonly #stopHistory: () => void

  constructor(services: LifecycleServices) {
    const { live, log, orders, settingsFile, store } = services
    const controllers = new PluginControllers(services, this.#events)
    const view = createView(controllers, services)
    this.#services = { ...services, controllers, view, change: createChange({ controllers, store, view }) }
    this.#uses = new PermissionUses(services)
    this.#history = new UsageHistory(services)
    this.#stopHistory = this.#history.start()
    const onRefreshed = (id: string) => promoteWaiting(id, this.#services)
    this.#follower = new SettingsFollower({ controllers, live, orders, settingsFile, log, onRefreshed })
  }

  usage(): Promise<readonly PluginUsage[]> {
    return usageOf(this.#services.controllers, this.#services)
  }

  async boot(): Promise<void> {
    const { config, controllers, log, policy, store } = this.#services
    await refuseSecretsOnCommandLine(this.#services)
    await recoverUpgrades(this.#services)
    const installed = await store.catalog.list()
    for (const id of unknownForced(installed, config.plugins))
      log.warn({ plugin: id }, 'the configuration enables or disables a plugin that is not installed')
    await Promise.all(installed.map((record) => controllers.boot(record)))
    // Variables may be others than when the server ended.
    const waiting = installed.filter(({ candidateVersion }) => candidateVersion !== null)
    await endsInBootTime(Promise.all(waiting.map(({ id }) => promoteWaiting(id, this.#services))))
    // Plugins that started early get what the others make of their defaults.
    await endsInBootTime(this.#follower.settled())
    if (policy.reportsSettings)
      for (const { message, hint } of await this.settingsProblems()) log.warn({ hint }, message)
  }

  async close(): Promise<void> {
    this.#follower.close()
    this.#stopHistory()
    await this.#services.controllers.close()
    await this.#uses.close()
  }

  async upload(source: PackageSource, options: UploadOptions): Promise<UploadOutcome> {
    try {
      const outcome = await installPackage(source, options, this.#services)
      this.#follower.declared(outcome.installation.id)
      await this.#follower.settled(outcome.installation.id)
      await this.#services.values.settled()
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

  async textsOf(id: string): ReturnType<Plugins['textsOf']> {
    const { catalog } = this.#services.store
    const record = await catalog.get(id)
    const manifest = record && newestRelease(record, await catalog.releases(id))?.manifest
    return manifest && { name: manifest.name, description: manifest.description ?? null }
  }

  enable(id: string, actor: Actor): Promise<SwitchAnswer> {
    return this.#switch(id, { actor, enabled: true })
  }

  disable(id: string, actor: Actor): Promise<SwitchAnswer> {
    return this.#switch(id, { actor, enabled: false })
  }

  enableAll(ids: readonly string[], actor: Actor): Promise<EnablingAnswer> {
    return switchAll(this, { enable: ids, disable: [], actor })
  }

  disableAll(ids: readonly string[], actor: Actor): Promise<EnablingAnswer> {
    return switchAll(this, { enable: [], disable: ids, actor })
  }

  apply(ids: readonly string[], actor: Actor): Promise<EnablingAnswer> {
    return applyExactly(this, { ids, actor })
  }

  reload(id: string, actor: Actor): Promise<Installation> {
    return this.#change(id, { actor, decide: () => ({ action: 'plugin.reload' }) })
  }

  retry(id: string, actor: Actor): Promise<Installation> {
    return this.#change(id, retry(actor, this.#services))
  }

  rollback(id: string, actor: Actor, version?: string): Promise<Installation> {
    return this.#change(id, rollback(actor, version))
  }

  setGrants(id: string, grants: Permissions, actor: Actor): Promise<Installation> {
    return this.#change(id, setGrants({ actor, grants }, this.#services))
  }

  setAccess(id: string, access: Installation['access'] | null, actor: Actor): Promise<Installation> {
    return this.#change(id, setAccess(actor, access))
  }

  async replace(id: string, request: ReplaceRequest, actor: Actor): Promise<Installation> {
    const installation = await replacePlugin(id, { ...request, actor }, this.#services)
    await this.#readChoices()
    for (const each of [request.from, id]) this.#follower.declared(each)
    await Promise.all([this.#follower.settled(request.from), this.#follower.settled(id)])
    return installation
  }

  async uninstall(id: string, options: UninstallOptions): ReturnType<Plugins['uninstall']> {
    const warnings = await uninstall(id, options, this.#services)
    await this.#readChoices()
    this.#follower.declared(id)
    await this.#follower.settled(id)
    return warnings
  }

  setMenuTitle(place: MenuItemPlace, title: Text | null, actor: Actor): Promise<void> {
    return setMenuTitle(place, { title, actor }, this.#services)
  }

  /** After plugins were forgotten or replaced. */
  async #readChoices(): Promise<void> {
    await this.#services.orders.read()
    await this.#services.menuTitles.read()
    await this.#services.values.read()
  }

  async setOrder(point: OrderedPoint, plugins: readonly string[], actor: Actor): Promise<void> {
    await setOrder(point, { plugins, actor }, this.#services)
    // Plugins whose defaults others change have followed the order, too.
    await this.#follower.settled()
  }

  release(id: string, version: string): ReturnType<Plugins['release']> {
    return releaseContent({ id, version }, this.#services)
  }

  icon(id: string, version: string): ReturnType<Plugins['icon']> {
    return releaseIcon({ id, version }, this.#services)
  }

  async permissionUses(id: string): ReturnType<Plugins['permissionUses']> {
    const { permissions } = await this.get(id)
    return await this.#uses.of(id, Object.keys(permissions))
  }

  async usageHistory(id: string, period: UsagePeriod): ReturnType<Plugins['usageHistory']> {
    return this.#history.of(this.#services.controllers.installed(id).id, period)
  }

  settings(id: string): ReturnType<Plugins['settings']> {
    return settingsOf(id, this.#services)
  }

  async changeSettings(
    id: string,
    values: Readonly<Record<string, unknown>>,
    actor: Actor,
  ): ReturnType<Plugins['changeSettings']> {
    await this.#change(id, changeSettings({ actor, values }, this.#services))
    return await this.settings(id)
  }

  settingsProblems(): Promise<readonly Problem[]> {
    return settingsProblems(this.#services)
  }

  exportData(id: string, actor: Actor): Promise<DataExport> {
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

  async #switch(
    id: string,
    { actor, enabled }: { readonly actor: Actor; readonly enabled: boolean },
  ): Promise<SwitchAnswer> {
    const action = enabled ? 'plugin.enable' : 'plugin.disable'
    const command = { actor, decide: () => ({ action, change: { enabled } }) }
    const { result, effects } = await withEffects(id, () => this.#change(id, command), this.#services)
    return { ...result, effects }
  }

  /** Answers when other plugins have followed what the change does to their settings, and its values are made. */
  async #change(id: string, command: Command): Promise<Installation> {
    const installation = await this.#services.change(id, command)
    this.#follower.declared(id)
    await this.#follower.settled(id)
    await this.#services.values.settled()
    return installation
  }
}
