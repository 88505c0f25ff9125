// One installed plugin: reconciles what serves with the record in the store.
// The same reconcile() runs after a command, at boot, after a failed update and after a save in development.
// Invariant: changes run one after the other; at any moment requests find either the old release or the new one.

import type { InstallationRecord, ReleaseRecord } from '../../plugin-store/records.ts'
import type { Evidence } from '../../sdk/api/evidence.ts'
import type { LivePlugin, ServingPlugin } from '../contributions/live-plugin.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import type { LifecycleStep } from '../guest-calls/lifecycle.ts'
import type { RunnerState } from '../sandbox/runner/plugin-runner.ts'
import { UsageMeter } from '../sandbox/usage/usage-meter.ts'
import { SerialQueue } from '../serial-queue.ts'
import { collectEvidence } from './evidence/evidence.ts'
import { PluginLog } from './evidence/plugin-log.ts'
import { Quarantine } from './evidence/quarantine.ts'
import { LiveSide } from './live-side.ts'
import {
  loadProblem,
  type PreparedRelease,
  type PrepareServices,
  prepareRelease,
  verifyRelease,
} from './prepare/prepare-release.ts'
import { readSettings } from './prepare/read-settings.ts'
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
  readonly actor: string
  /** The problem to show for a plugin that has just been disabled. */
  readonly problem?: Problem | undefined
}

export class PluginController {
  readonly id: string
  readonly log = new PluginLog()
  /** Kept across releases, reloads and crashes. */
  readonly meter = new UsageMeter()
  readonly #options: ControllerOptions
  readonly #services: ControllerServices
  readonly #side: LiveSide
  readonly #quarantine: Quarantine
  readonly #turns = new SerialQueue()
  /** Aborted when the runtime stops. */
  readonly #ending = new AbortController()

  constructor(options: ControllerOptions) {
    const { id, services, events } = options
    this.id = id
    this.#options = options
    this.#services = services
    this.#side = new LiveSide({ id, events, live: services.live, log: services.log })
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

  /** Whether an uninstalled plugin still needs it: a job is running or waiting. */
  get isBusy(): boolean {
    return this.#turns.isBusy
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
   * Builds and loads a release beside the serving one. Rejects with LOAD_FAILED or DECLARATION_MISMATCH; then nothing has
   * changed.
   */
  async prepare(record: InstallationRecord, release: ReleaseRecord): Promise<PreparedRelease> {
    const settings = await readSettings(release, this.#services)
    const { problems } = settings
    if (problems.length > 0)
      throw new PlugbayError('SETTINGS_INVALID', 'A setting is not valid', { problems })
    return await this.#prepare({ record, release, settings }, verifyRelease)
  }

  /** The record has changed without affecting what serves. */
  note(record: InstallationRecord): void {
    this.#side.note(record)
  }

  /** Makes a prepared release serve, after its backend's start handlers were called. If one fails, the plugin is disabled. */
  async serve(record: InstallationRecord, prepared: PreparedRelease, actor: string): Promise<void> {
    const { catalog } = this.#services.store
    this.#side.follow(record)
    const caller = { actor, signal: this.#ending.signal, catalog }
    const run = () => runStartHandlers(prepared, record, caller)
    const { called, problem } = await retireOnFailure(prepared, run)
    if (problem === undefined) {
      this.#side.swap(called, prepared)
      if (this.#quarantine.isKnown) this.#later(() => this.#quarantine.end())
      return
    }
    await prepared.retire()
    // The runtime is stopping: the next start calls it again.
    if (problem.code === 'CANCELLED') return this.#side.withdraw({ reason: 'starting' }, called)
    const { message } = problem
    this.log.write({ level: 'error', message: `${message}: the plugin stays disabled` })
    const audit = { actor, action: 'plugin.disable', detail: { reason: message } }
    const disabled = await catalog.change(this.id, { enabled: false }, audit)
    this.#side.withdraw({ reason: 'disabled', problem }, disabled)
  }

  /** Applies the record. `verify` loads the backend to check that it loads; boot leaves that to the first request. */
  async reconcile(record: InstallationRecord, { verify, actor, problem }: Reconciling): Promise<void> {
    this.#side.follow(record)
    const ready = await this.#makeReady(record, verify)
    if ('reason' in ready) this.#side.withdraw({ problem, ...ready }, record)
    else await this.serve(record, ready, actor)
  }

  /** Calls the end handlers of the backend; resolves with warnings. A backend that cannot serve is not called. */
  async callEndHandlers(
    record: InstallationRecord,
    steps: readonly LifecycleStep[],
    actor: string,
  ): Promise<readonly Problem[]> {
    if (steps.length === 0) return []
    const caller = { actor, signal: this.#ending.signal }
    const { release } = this.#side
    if (release !== undefined) return await runEndHandlers(release, steps, caller)
    if (record.enabled) return []
    // It is disabled, and is started only for this.
    const ready = await this.#makeReady({ ...record, enabled: true }, false)
    if ('reason' in ready) return []
    try {
      return await runEndHandlers(ready, steps, caller)
    } finally {
      await ready.retire()
    }
  }

  /** The start takes long: requests are answered with "try again". */
  expectStart(): void {
    if (this.live === undefined) this.#side.withdraw({ reason: 'starting' })
  }

  /** Suspends serving until `reconcile`; resolves when everything of the plugin has stopped. */
  async suspend(): Promise<void> {
    if (this.#side.release !== undefined) this.#side.withdraw({ reason: 'starting' })
    await this.#side.drained()
  }

  /** The runtime is stopping: aborts a running handler; resolves when everything of the plugin has stopped. */
  async close(): Promise<void> {
    this.#ending.abort()
    await this.inTurn(() => this.#side.stop())
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
  async #makeReady(record: InstallationRecord, verify: boolean): Promise<PreparedRelease | Withheld> {
    const wanted = await wantedRelease(record, verify ? undefined : this.#quarantine, this.#services)
    if ('reason' in wanted) return wanted
    const check = verify || isUntold(record) ? verifyRelease : (built: PreparedRelease) => built.migrate()
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
    const onState = (plugin: ServingPlugin, state: RunnerState): void => {
      if (plugin === this.live) this.#onRunner(state)
    }
    const { values, secrets } = settings
    const input = { installation: record, release, settings: values, secrets, log, meter, onState }
    const prepared = await prepareRelease(input, this.#services)
    await retireOnFailure(prepared, () => check(prepared))
    return prepared
  }

  /** The state of the serving backend has changed. */
  #onRunner(state: RunnerState): void {
    const { plugin, runner, mapper } = this.#side.release ?? {}
    if (state !== 'quarantined' || plugin === undefined || runner == null) return this.#side.announce()
    const { code = 'LOAD_FAILED', message = 'The plugin failed too often' } = runner.lastFailure ?? {}
    this.#side.withdraw({ reason: 'quarantined', problem: { code, message } })
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
