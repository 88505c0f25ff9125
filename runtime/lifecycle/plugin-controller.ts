// One installed plugin: reconciles what serves with the record in the store.
// The same reconcile() runs after a command, at boot, after a failed update and after a save in development.
// Invariant: changes run one after the other; at any moment requests find either the old release or the new one.

import type { InstallationRecord, ReleaseRecord, SettingRecord } from '../../plugin-store/records.ts'
import type { Actor } from '../../plugin-store/store.ts'
import type { Evidence } from '../../sdk/api/evidence.ts'
import type { Forced } from '../../sdk/api/plugins.ts'
import type { LivePlugin, ServingPlugin } from '../contributions/live-plugin.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import { type LifecycleStep, SYSTEM_ACTOR } from '../guest-calls/lifecycle.ts'
import type { RunnerState } from '../sandbox/runner/plugin-runner.ts'
import type { UsageMeter } from '../sandbox/usage/usage-meter.ts'
import { SerialQueue } from '../serial-queue.ts'
import { collectEvidence } from './evidence/evidence.ts'
import { PluginLog } from './evidence/plugin-log.ts'
import { Quarantine } from './evidence/quarantine.ts'
import { forcedOf } from './forced.ts'
import { LiveSide } from './live-side.ts'
import { changedKeys, changeInPlace } from './prepare/change-in-place.ts'
import {
  loadProblem,
  type PreparedRelease,
  type PrepareServices,
  prepareRelease,
  verifyRelease,
} from './prepare/prepare-release.ts'
import { readSettings } from './prepare/read-settings.ts'
import type { BringOptions, ReleaseData } from './prepare/release-data.ts'
import { rememberServed } from './prepare/remember-served.ts'
import { retireOnFailure } from './prepare/retire-on-failure.ts'
import { isUntold, runEndHandlers, runStartHandlers } from './prepare/run-handlers.ts'
import {
  type WantedRelease,
  type WantedServices,
  type Withheld,
  wantedRelease,
} from './prepare/wanted-release.ts'
import type { RuntimeEvents } from './runtime-events.ts'
import { resourceFigures } from './views/resource-figures.ts'

export interface ControllerServices extends PrepareServices, WantedServices {
  readonly live: LivePlugins
}

export interface ControllerOptions {
  readonly id: string
  readonly services: ControllerServices
  readonly events: RuntimeEvents
  /** Called after every job of inTurn(). */
  readonly onTurnEnd: (controller: PluginController) => void
}

export interface Reconciling {
  readonly verify: boolean
  /** Name of the principal who gave the command. */
  readonly actor: Actor
  /** The problem to show for a plugin that has just been disabled. */
  readonly problem?: Problem | undefined
}

/** Reasons why nothing serves that other values may remove. */
const ON_SETTINGS: ReadonlySet<string> = new Set(['misconfigured', 'failed'])

/** A release, and the installation that would result. */
export interface Trial {
  readonly record: InstallationRecord
  readonly release: ReleaseRecord
  /** Those that it would have; by default those in the store. */
  readonly settings?: readonly SettingRecord[]
}

export class PluginController {
  readonly id: string
  readonly log = new PluginLog()
  /** Kept across releases, reloads and crashes. */
  readonly meter: UsageMeter
  readonly #options: ControllerOptions
  readonly #services: ControllerServices
  readonly #side: LiveSide
  readonly #quarantine: Quarantine
  readonly #turns = new SerialQueue()
  /** Aborted when the runtime stops. */
  readonly #ending = new AbortController()
  #warnings: readonly Problem[] = []
  /** Of the release that was prepared last. */
  #data: ReleaseData | undefined
  /** The record of what served until an upgrade stopped it. */
  #stopped: InstallationRecord | undefined

  constructor(options: ControllerOptions) {
    const { id, services, events } = options
    this.id = id
    this.#options = options
    this.#services = services
    this.meter = services.meters.of(id)
    this.#side = new LiveSide({
      ...{ id, events, live: services.live, log: services.log },
      isWanted: (record) => this.isWanted(record),
    })
    this.#quarantine = new Quarantine(id, services.store)
  }

  /** Runs jobs of this plugin one at a time. */
  async inTurn<T>(job: () => Promise<T>): Promise<T> {
    try {
      return await this.#turns.run(job)
    } finally {
      this.#options.onTurnEnd(this)
    }
  }

  /** About its settings, when they were last read: names that nothing declares, conflicts with other plugins. */
  get warnings(): readonly Problem[] {
    return this.#warnings
  }

  /** Whether an uninstalled plugin still needs it: a job is running or waiting. */
  get isBusy(): boolean {
    return this.#turns.isBusy
  }

  /** The decision of the configuration on whether it runs; null when it leaves that to the administrator. */
  get forced(): Forced | null {
    return forcedOf(this.id, this.#services.config.plugins)
  }

  /** Whether a record wants the plugin to run. */
  isWanted(record: Pick<InstallationRecord, 'enabled'>): boolean {
    return this.forced?.enabled ?? record.enabled
  }

  /** The record that was last applied; undefined while the plugin is not installed. */
  get record(): InstallationRecord | undefined {
    return this.#side.record
  }

  /** The live plugin for requests. */
  get live(): LivePlugin | undefined {
    return this.#side.plugin
  }

  /**
   * Builds and loads a release beside the serving one, which is stopped only when its data has to be upgraded. Rejects with
   * LOAD_FAILED or DECLARATION_MISMATCH, and as ReleaseData.bring() does; then everything is as before.
   */
  async prepare({ record, release, settings: stored }: Trial, actor: Actor): Promise<PreparedRelease> {
    const settings = await readSettings(release, this.#services, stored)
    const { problems, warnings } = settings
    this.#warn(warnings)
    if (problems.length > 0)
      throw new PlugbayError('SETTINGS_INVALID', 'A setting is not valid', { problems })
    const check = (built: PreparedRelease) => verifyRelease(built, this.#bringing(actor))
    return await this.attempt(undefined, () => this.#prepare({ record, release, settings }, check))
  }

  /** Runs a step of a change before serve(). When it fails, what was tried is undone, and what served before serves again. */
  async attempt<T>(prepared: PreparedRelease | undefined, step: () => Promise<T>): Promise<T> {
    try {
      return await retireOnFailure(prepared, step)
    } catch (error) {
      const before = this.#stopped
      if (before !== undefined) await this.reconcile(before, { verify: false, actor: SYSTEM_ACTOR })
      throw error
    }
  }

  /** The record has changed without affecting what serves. */
  note(record: InstallationRecord): void {
    this.#side.note(record)
  }

  /** Makes a prepared release serve, after its backend's start handlers were called. If one fails, the plugin is disabled. */
  async serve(record: InstallationRecord, prepared: PreparedRelease, actor: Actor): Promise<void> {
    const { catalog } = this.#services.store
    this.#side.follow(record)
    this.#stopped = undefined
    const caller = { actor, signal: this.#ending.signal, catalog }
    const run = async () => runStartHandlers(prepared, await this.#recordData(record, prepared), caller)
    const { called, problem } = await retireOnFailure(prepared, run)
    if (problem === undefined) {
      await this.#side.swap(called, prepared)
      await rememberServed(this.id, prepared.plugin.version, this.#services)
      if (this.#quarantine.isKnown) this.#later(() => this.#quarantine.end())
      return
    }
    await prepared.retire('withdrawn').stopped
    // The runtime is stopping: the next start calls it again.
    if (problem.code === 'CANCELLED') return await this.#side.withdraw({ reason: 'starting' }, called)
    const { message } = problem
    // The configuration wants it, and what the administrator chose is not changed by that.
    if (this.forced !== null) {
      this.log.write({ level: 'error', message })
      return await this.#side.withdraw({ reason: 'failed', problem }, called)
    }
    this.log.write({ level: 'error', message: `${message}: the plugin stays disabled` })
    const audit = { actor, action: 'plugin.disable', detail: { reason: message } }
    const disabled = await catalog.change(this.id, { enabled: false }, audit)
    await this.#side.withdraw({ reason: 'disabled', problem }, disabled)
  }

  /** Applies the record. `verify` loads the backend to check that it loads; boot leaves that to the first request. */
  async reconcile(record: InstallationRecord, { verify, actor, problem }: Reconciling): Promise<void> {
    this.#side.follow(record)
    this.#stopped = undefined
    const ready = await this.#makeReady(record, { verify, actor })
    if ('reason' in ready) await this.#side.withdraw({ problem, ...ready }, record)
    else await this.serve(record, ready, actor)
  }

  /**
   * Values of settings may have changed: calls the backend with them, or restarts it; does nothing when they are as before.
   * `verify` also tries again what does not serve, and loads a backend that has not been needed yet.
   */
  async refreshSettings({ actor, verify }: Pick<Reconciling, 'actor' | 'verify'>): Promise<void> {
    const { record, live } = this
    const { release } = this.#side
    if (record === undefined) return
    const isStuck = live?.kind === 'unavailable' && ON_SETTINGS.has(live.reason)
    if (release === undefined) {
      if (verify || isStuck) await this.reconcile(record, { verify: true, actor })
      return
    }
    const { id: pluginId, manifest } = release.plugin
    const settings = await readSettings({ pluginId, manifest }, this.#services)
    this.#warn(settings.warnings)
    if (settings.problems.length === 0) {
      const keys = changedKeys(release.settings, settings)
      if (keys.length === 0) return
      const how = { keys, verify, actor, signal: this.#ending.signal }
      if (await changeInPlace(release, settings, how)) return
    }
    await this.reconcile(record, { verify: true, actor })
  }

  /** Calls the end handlers of the backend; resolves with warnings. A backend that cannot serve is not called. */
  async callEndHandlers(
    record: InstallationRecord,
    steps: readonly LifecycleStep[],
    actor: Actor,
  ): Promise<readonly Problem[]> {
    if (steps.length === 0) return []
    const caller = { actor, signal: this.#ending.signal }
    const { release } = this.#side
    if (release !== undefined) return await runEndHandlers(release, steps, caller)
    if (this.isWanted(record)) return []
    // It is disabled, and is started only for this.
    const ready = await this.#makeReady({ ...record, enabled: true }, { verify: false, actor })
    if ('reason' in ready) return []
    try {
      await this.#recordData(record, ready)
      return await runEndHandlers(ready, steps, caller)
    } finally {
      await ready.retire('withdrawn').stopped
    }
  }

  /** The start takes long: requests are answered with "try again". */
  expectStart(): void {
    if (this.live === undefined) void this.#side.withdraw({ reason: 'starting' })
  }

  /** Suspends serving until `reconcile`; resolves when everything of the plugin has stopped. */
  async suspend(): Promise<void> {
    if (this.#side.release !== undefined) await this.#side.withdraw({ reason: 'starting' })
  }

  /** The runtime is stopping: aborts a running handler; resolves when everything of the plugin has stopped. */
  async close(): Promise<void> {
    this.#ending.abort()
    await this.inTurn(() => this.#side.close())
  }

  /** The store has deleted it; resolves when everything of the plugin has stopped. */
  async remove(): Promise<void> {
    await this.#side.remove()
  }

  /** The evidence of its quarantine, also after a later failed attempt; undefined without any. */
  async evidence(): Promise<Evidence | undefined> {
    return await this.#quarantine.evidence()
  }

  /**
   * The release for the record, ready to serve; otherwise the reason why not. A backend with pending start handlers must load.
   */
  async #makeReady(
    record: InstallationRecord,
    { verify, actor }: Pick<Reconciling, 'verify' | 'actor'>,
  ): Promise<PreparedRelease | Withheld> {
    const wanted = await wantedRelease(record, verify ? undefined : this.#quarantine, this.#services)
    this.#warn(wanted.settings?.warnings ?? [])
    if ('reason' in wanted) return wanted
    const bringing = this.#bringing(actor)
    const check = (built: PreparedRelease) =>
      verify || isUntold(record) ? verifyRelease(built, bringing) : built.data.bring(bringing)
    try {
      return await this.#prepare(wanted, check)
    } catch (error) {
      const [first] = error instanceof PlugbayError ? error.problems : []
      this.log.write({ level: 'error', message: first?.message ?? `Cannot start: ${String(error)}` })
      return { reason: 'failed', problem: first ?? loadProblem(error) }
    }
  }

  async #prepare(
    { record, release, settings }: WantedRelease,
    check: (prepared: PreparedRelease) => Promise<void>,
  ): Promise<PreparedRelease> {
    const { log, meter } = this
    const { authority } = this.#side
    const onState = (plugin: ServingPlugin, state: RunnerState): void => {
      if (plugin === this.live) this.#onRunner(state)
    }
    const input = { installation: record, release, settings, log, meter, authority, onState }
    // If the upgrade before could not be undone, it must be now.
    await this.#data?.undo()
    const prepared = await prepareRelease(input, this.#services)
    this.#data = prepared.data
    await retireOnFailure(prepared, () => check(prepared))
    return prepared
  }

  /** What the operator should know of its settings; news go to its log as well. */
  #warn(warnings: readonly Problem[]): void {
    const known = new Set(this.#warnings.map(({ message }) => message))
    this.#warnings = warnings
    for (const { message, hint } of warnings)
      if (!known.has(message))
        this.log.write({ level: 'warn', message: hint === undefined ? message : `${message}. ${hint}` })
  }

  #bringing(actor: Actor): BringOptions {
    return {
      caller: { actor, signal: this.#ending.signal },
      stopServing: async () => {
        if (this.#side.release === undefined) return
        this.#stopped = this.#side.record
        await this.suspend()
      },
    }
  }

  /** Records that the data is of the prepared release from now on, unless it has been recorded with the change. */
  async #recordData(
    record: InstallationRecord,
    { data, plugin: { version } }: PreparedRelease,
  ): Promise<InstallationRecord> {
    const { dataVersion } = record
    const isKnown = dataVersion === null || dataVersion === version
    const recorded = isKnown
      ? record
      : await this.#services.store.catalog.reach(this.id, { dataVersion: version })
    await data.keep()
    return recorded
  }

  /** The state of the serving backend has changed. */
  #onRunner(state: RunnerState): void {
    const { plugin, runner, mapper } = this.#side.release ?? {}
    if (state !== 'quarantined' || plugin === undefined || runner == null) return this.#side.announce()
    const { code = 'LOAD_FAILED', message = 'The plugin failed too often' } = runner.lastFailure ?? {}
    void this.#side.withdraw({ reason: 'quarantined', problem: { code, message } })
    const quarantined = this.live
    this.#later(async () => {
      // A command may already have restarted it.
      if (this.live !== quarantined) return
      const { log } = this
      const { version } = plugin
      const resources = await resourceFigures(this, this.#services)
      await this.#quarantine.begin(await collectEvidence({ runner, log, mapper, version, resources }))
    })
  }

  /** Background work, in turn with the commands. */
  #later(job: () => Promise<void>): void {
    void this.inTurn(job).catch((error: unknown) =>
      this.#services.log.error({ plugin: this.id, error: String(error) }, 'evidence could not be kept'),
    )
  }
}
