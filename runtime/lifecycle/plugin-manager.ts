// What an administrator can do with plugins, carried out: check, remember, then make the live state follow.
// Invariant: the store changes in one transaction per action, after everything that can fail has been tried.

import { rm } from 'node:fs/promises'
import type { InstallationRecord, ReleaseRecord } from '../../plugin-store/records.ts'
import type { InstallationChange } from '../../plugin-store/store.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'
import type { Permissions } from '../../sdk/protocol/permissions.ts'
import { PlugbayError } from '../errors.ts'
import type { PackageReport, PackageSource } from '../package/types.ts'
import { isAtMostAsWide } from '../permissions/access.ts'
import { difference, isWithin } from '../permissions/grants.ts'
import type { BuiltRoute } from './build-route.ts'
import { changeFor, devVersion, isUnchanged, narrowTo, otherPlugin } from './decide.ts'
import { checkSetting } from './effective-settings.ts'
import { viewOf } from './installation-view.ts'
import { ManagedPlugin } from './managed-plugin.ts'
import type { InspectReport, Installation, Plugins, UploadOptions, UploadOutcome } from './plugins.ts'
import { RuntimeEvents } from './runtime-events.ts'
import type { LifecycleServices } from './services.ts'

export interface PluginManager extends Plugins {
  /** Makes every installed plugin serve. Backends start at their first request. */
  boot(): Promise<void>
  /** Drains and stops every plugin. */
  close(): Promise<void>
}

/** Enough to go back a few saves; a page that is still open may ask for what it was made from. */
const KEPT_IN_DEV = 5

export function createPluginManager(services: LifecycleServices): PluginManager {
  return new Manager(services)
}

class Manager implements PluginManager {
  readonly #services: LifecycleServices
  readonly #plugins = new Map<string, ManagedPlugin>()
  readonly #events = new RuntimeEvents()
  readonly #lastState = new Map<string, string>()

  constructor(services: LifecycleServices) {
    this.#services = services
  }

  async boot(): Promise<void> {
    const installed = await this.#services.store.catalog.list()
    await Promise.all(
      installed.map((record) => {
        const plugin = this.#plugin(record.id)
        return plugin.exclusive(() => plugin.reconcile(record, { verify: false }))
      }),
    )
  }

  async close(): Promise<void> {
    await Promise.all([...this.#plugins.values()].map((plugin) => plugin.exclusive(() => plugin.remove())))
  }

  async upload(source: PackageSource, options: UploadOptions): Promise<UploadOutcome> {
    const { report, folder } = await this.#services.packages.stage(source)
    const { manifest, sha256 } = acceptable(report)
    const plugin = this.#plugin(manifest.id)
    try {
      if (options.id !== undefined && options.id !== manifest.id) throw otherPlugin(options.id, manifest.id)
      const version = options.dev === true ? devVersion(manifest.version, sha256) : manifest.version
      return await plugin.exclusive(() =>
        this.#install(plugin, { report, folder, manifest, version, sha256 }, options),
      )
    } finally {
      await rm(folder, { recursive: true, force: true })
      await this.#forgetIfUnknown(plugin)
    }
  }

  async inspect(source: PackageSource): Promise<InspectReport> {
    const report = await this.#services.packages.check(source)
    const { ok, manifest, problems, warnings, notYetActive, sha256, asked } = report
    const id = (manifest as { id?: unknown } | null)?.id
    const record = typeof id === 'string' ? await this.#services.store.catalog.get(id) : undefined
    const before = record?.reviewed ?? {}
    return {
      ok,
      manifest,
      problems,
      warnings,
      notYetActive,
      sha256,
      permissions: { asked, added: difference(asked, before), removed: difference(before, asked) },
    }
  }

  async list(): Promise<readonly Installation[]> {
    const records = await this.#services.store.catalog.list()
    return await Promise.all(records.map((record) => this.#view(record)))
  }

  async get(id: string): Promise<Installation> {
    return await this.#view(await this.#record(id))
  }

  enable(id: string, actor: string): Promise<Installation> {
    return this.#change(id, async () => ({
      change: { enabled: true },
      audit: { actor, action: 'plugin.enable' },
    }))
  }

  disable(id: string, actor: string): Promise<Installation> {
    return this.#change(id, async () => ({
      change: { enabled: false },
      audit: { actor, action: 'plugin.disable' },
    }))
  }

  reload(id: string, actor: string): Promise<Installation> {
    return this.#change(id, async () => ({ change: {}, audit: { actor, action: 'plugin.reload' } }))
  }

  async retry(id: string, actor: string): Promise<Installation> {
    await this.#record(id)
    const plugin = this.#plugin(id)
    const runner = plugin.live?.route.runner
    if (runner === undefined || runner === null) return await this.reload(id, actor)
    return await plugin.exclusive(async () => {
      const record = await this.#record(id)
      runner.retry()
      await this.#services.store.audit.append(id, { actor, action: 'plugin.retry' })
      await plugin.reconcile(record, { verify: true })
      return await this.#view(record)
    })
  }

  rollback(id: string, actor: string, version?: string): Promise<Installation> {
    return this.#change(id, async (record) => {
      const target = await this.#rollbackTarget(record, version)
      const asked = askedBy(target)
      return {
        change: {
          activeVersion: target.version,
          candidateVersion: null,
          grants: narrowTo(record.grants, asked),
        },
        audit: {
          actor,
          action: 'plugin.rollback',
          detail: { from: record.activeVersion, to: target.version },
        },
      }
    })
  }

  setGrants(id: string, grants: Permissions, actor: string): Promise<Installation> {
    return this.#change(id, async (record) => {
      const version = record.candidateVersion ?? record.activeVersion
      const release = version === null ? undefined : await this.#services.store.catalog.release(id, version)
      const asked = release === undefined ? {} : askedBy(release)
      if (!isWithin(grants, asked)) {
        const names = Object.keys(difference(grants, asked)).join('", "')
        throw new PlugbayError(
          'GRANT_TOO_WIDE',
          `The manifest does not ask for "${names}" as wide as granted`,
        )
      }
      return {
        change: { grants, reviewed: asked, activeVersion: version, candidateVersion: null },
        audit: { actor, action: 'grants.set', detail: { grants } },
      }
    })
  }

  setAccess(id: string, access: Installation['access'] | null, actor: string): Promise<Installation> {
    return this.#change(id, async (record) => {
      const version = record.activeVersion ?? record.candidateVersion
      const release = version === null ? undefined : await this.#services.store.catalog.release(id, version)
      const asked = (release?.manifest.access as Installation['access'] | undefined) ?? 'public'
      if (access !== null && !isAtMostAsWide(access, asked)) {
        throw new PlugbayError('GRANT_TOO_WIDE', "The access is wider than the manifest's")
      }
      return { change: { access }, audit: { actor, action: 'access.set', detail: { access } } }
    })
  }

  async uninstall(
    id: string,
    options: { readonly data: 'keep' | 'delete'; readonly actor: string },
  ): Promise<void> {
    await this.#record(id)
    const plugin = this.#plugin(id)
    await plugin.exclusive(async () => {
      await this.#record(id)
      await this.#services.store.catalog.remove(id, {
        actor: options.actor,
        action: 'plugin.uninstall',
        detail: { data: options.data },
      })
      await plugin.remove()
      if (options.data === 'delete') await this.#services.data.remove(id)
      this.#lastState.delete(id)
      this.#events.emit('plugin.removed', { id })
    })
    await this.#forgetIfUnknown(plugin)
  }

  async settings(id: string): ReturnType<Plugins['settings']> {
    const { release } = await this.#shownRelease(await this.#record(id))
    return (await this.#plugin(id).settings(release)).views
  }

  async changeSettings(
    id: string,
    values: Readonly<Record<string, unknown>>,
    actor: string,
  ): ReturnType<Plugins['settings']> {
    await this.#record(id)
    const plugin = this.#plugin(id)
    return await plugin.exclusive(async () => {
      const record = await this.#record(id)
      const { release, manifest } = await this.#shownRelease(record)
      const problems = Object.entries(values).flatMap(([key, value]) => {
        const property = Object.hasOwn(manifest.settings?.properties ?? {}, key)
          ? manifest.settings?.properties?.[key]
          : undefined
        if (property === undefined)
          return [
            {
              code: 'SETTINGS_INVALID' as const,
              message: `There is no setting "${key}"`,
              pointer: `/${key}`,
            },
          ]
        const problem = value === null ? undefined : checkSetting(key, value, property)
        return problem === undefined ? [] : [problem]
      })
      if (problems.length > 0)
        throw new PlugbayError('SETTINGS_INVALID', 'A setting is not valid', { problems })
      const stored = Object.fromEntries(
        Object.entries(values).map(([key, value]) => [key, value ?? undefined]),
      )
      await this.#services.store.settings.set(id, stored, {
        actor,
        action: 'settings.set',
        detail: { keys: Object.keys(values) },
      })
      await plugin.reconcile(record, { verify: true })
      return (await plugin.settings(release)).views
    })
  }

  async logs(id: string, query: Parameters<Plugins['logs']>[1]): ReturnType<Plugins['logs']> {
    await this.#record(id)
    const { log } = this.#plugin(id)
    await log.settled()
    return log.page(query)
  }

  followLogs(id: string, listener: Parameters<Plugins['followLogs']>[1]): () => void {
    const plugin = this.#plugins.get(id)
    if (plugin === undefined) throw new PlugbayError('PLUGIN_UNKNOWN')
    return plugin.log.follow(listener)
  }

  followEvents(listener: Parameters<Plugins['followEvents']>[0], sinceId?: number): () => void {
    return this.#events.follow(listener, sinceId)
  }

  async #install(plugin: ManagedPlugin, staged: Staged, options: UploadOptions): Promise<UploadOutcome> {
    const { catalog } = this.#services.store
    const { report, folder, manifest, version, sha256 } = staged
    const { warnings, notYetActive } = report
    const { id } = manifest
    const current = await catalog.get(id)
    const releases = current === undefined ? [] : await catalog.releases(id)
    if (current !== undefined && isUnchanged({ version, sha256 }, { current, releases }, options)) {
      return { kind: 'unchanged', installation: await this.#view(current), warnings, notYetActive }
    }
    const change = changeFor({ version, asked: report.asked }, current, options)
    await this.#services.store.artifacts.publishArtifact(folder, sha256)
    const release: ReleaseRecord = {
      pluginId: id,
      version,
      sha256,
      manifest: manifest as unknown as ReleaseRecord['manifest'],
      installedAt: new Date().toISOString(),
    }
    const built = await this.#tryRelease(plugin, { current, change, release })
    let record: InstallationRecord
    try {
      const action = current === undefined ? 'plugin.install' : 'plugin.update'
      record = await catalog.addRelease(release, change, {
        actor: options.actor,
        action,
        detail: { version, sha256 },
      })
    } catch (error) {
      await built?.retire()
      throw error
    }
    if (built !== undefined) plugin.swap(built)
    else if (record.activeVersion === version || plugin.live === undefined)
      await plugin.reconcile(record, { verify: true })
    else this.#emitState(plugin, record)
    if (options.dev === true) await this.#forgetOldReleases(id)
    return {
      kind: current === undefined ? 'created' : 'updated',
      installation: await this.#view(record),
      warnings,
      notYetActive,
    }
  }

  /**
   * Loads an update beside the release that serves, before anything is remembered: a release that does not load is refused,
   * and the old one goes on. The first release of a plugin is installed all the same: it may want settings first.
   */
  async #tryRelease(
    plugin: ManagedPlugin,
    update: { current: InstallationRecord | undefined; change: InstallationChange; release: ReleaseRecord },
  ): Promise<BuiltRoute | undefined> {
    const { current, change, release } = update
    if (current === undefined || this.#services.safe) return undefined
    if (change.enabled !== true || change.activeVersion !== release.version) return undefined
    try {
      return await plugin.prepare({ ...current, ...change }, release)
    } catch (error) {
      if (error instanceof PlugbayError && error.code === 'SETTINGS_INVALID') return undefined
      throw error
    }
  }

  /** Development makes a release with every save. */
  async #forgetOldReleases(id: string): Promise<void> {
    const { catalog, artifacts } = this.#services.store
    for (const sha256 of await catalog.forgetReleases(id, KEPT_IN_DEV)) await artifacts.remove(sha256)
  }

  /** As #tryRelease, for another release that becomes the active one: while nothing serves there is nothing to lose. */
  async #tryChange(
    plugin: ManagedPlugin,
    current: InstallationRecord,
    change: InstallationChange,
  ): Promise<BuiltRoute | undefined> {
    const { activeVersion } = change
    if (activeVersion == null || activeVersion === current.activeVersion || plugin.live === undefined)
      return undefined
    const release = await this.#services.store.catalog.release(current.id, activeVersion)
    if (release === undefined) return undefined
    return await this.#tryRelease(plugin, {
      current,
      change: { enabled: current.enabled, ...change },
      release,
    })
  }

  async #change(
    id: string,
    decide: (record: InstallationRecord) => Promise<{
      change: InstallationChange
      audit: { actor: string; action: string; detail?: Record<string, unknown> }
    }>,
  ): Promise<Installation> {
    await this.#record(id)
    const plugin = this.#plugin(id)
    return await plugin.exclusive(async () => {
      const current = await this.#record(id)
      const { change, audit } = await decide(current)
      const built = await this.#tryChange(plugin, current, change)
      let record: InstallationRecord
      try {
        record = await this.#services.store.catalog.change(id, change, audit)
      } catch (error) {
        await built?.retire()
        throw error
      }
      if (built === undefined) await plugin.reconcile(record, { verify: true })
      else plugin.swap(built)
      return await this.#view(record)
    })
  }

  async #rollbackTarget(record: InstallationRecord, version: string | undefined): Promise<ReleaseRecord> {
    const releases = await this.#services.store.catalog.releases(record.id)
    const index = releases.findIndex((release) => release.version === record.activeVersion)
    const target =
      version === undefined ? releases[index + 1] : releases.find((release) => release.version === version)
    if (target === undefined)
      throw new PlugbayError(
        'STATE_CONFLICT',
        version === undefined ? 'There is no earlier release' : `There is no release "${version}"`,
      )
    return target
  }

  async #shownRelease(record: InstallationRecord): Promise<{ release: ReleaseRecord; manifest: Manifest }> {
    const version = record.activeVersion ?? record.candidateVersion
    const release =
      version === null ? undefined : await this.#services.store.catalog.release(record.id, version)
    if (release === undefined) throw new PlugbayError('STATE_CONFLICT', 'The plugin has no release')
    return { release, manifest: release.manifest as unknown as Manifest }
  }

  async #record(id: string): Promise<InstallationRecord> {
    const record = await this.#services.store.catalog.get(id)
    if (record === undefined)
      throw new PlugbayError('PLUGIN_UNKNOWN', `There is no plugin "${id.slice(0, 64)}"`)
    return record
  }

  async #view(record: InstallationRecord): Promise<Installation> {
    const releases = await this.#services.store.catalog.releases(record.id)
    return viewOf({ record, releases, plugin: this.#plugin(record.id), config: this.#services.config })
  }

  #plugin(id: string): ManagedPlugin {
    let plugin = this.#plugins.get(id)
    if (plugin === undefined) {
      plugin = new ManagedPlugin({
        id,
        services: this.#services,
        onState: (changed) => this.#emitState(changed),
      })
      this.#plugins.set(id, plugin)
    }
    return plugin
  }

  /** A plugin that others are waiting to change is still needed: what they make of it must be found again. */
  async #forgetIfUnknown(plugin: ManagedPlugin): Promise<void> {
    const isUnknown = (await this.#services.store.catalog.get(plugin.id)) === undefined
    if (isUnknown && plugin.live === undefined && !plugin.isBusy) this.#plugins.delete(plugin.id)
  }

  #emitState(plugin: ManagedPlugin, record?: InstallationRecord): void {
    const state = record?.candidateVersion != null ? 'waiting-approval' : plugin.state
    const data = { id: plugin.id, state, version: plugin.version }
    const key = JSON.stringify(data)
    if (this.#lastState.get(plugin.id) === key) return
    this.#lastState.set(plugin.id, key)
    this.#events.emit('plugin.state', data)
  }
}

interface Staged {
  readonly report: PackageReport
  readonly folder: string
  readonly manifest: Manifest
  /** Under which the release is remembered. */
  readonly version: string
  readonly sha256: string
}

/** Throws the first problem's code, with all problems. */
function acceptable(report: PackageReport): { manifest: Manifest; sha256: string } {
  const [problem] = report.problems
  if (!report.ok || report.sha256 === null || problem !== undefined) {
    throw new PlugbayError(problem?.code ?? 'ARCHIVE_CORRUPT', problem?.message, {
      problems: report.problems,
    })
  }
  return { manifest: report.manifest as Manifest, sha256: report.sha256 }
}

function askedBy(release: ReleaseRecord): Permissions {
  return (release.manifest as unknown as Manifest).permissions ?? {}
}
