// One installed plugin: makes what serves equal to what the store says should serve.
// The same reconcile() follows a click, a boot, a crash of an update and a save in development.
// Invariant: changes run one after the other; at any moment requests find the old release or the new one.

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
  /** Name of the principal whose command it follows. */
  readonly actor: string
  /** What to show of a plugin that has just been disabled. */
  readonly problem?: Problem | undefined
}

export class PluginController {
  readonly id: string
  readonly log = new PluginLog()
  /** Goes on over releases, reloads and crashes. */
  readonly meter = new UsageMeter()
  readonly #options: ControllerOptions
  readonly #services: ControllerServices
  readonly #side: LiveSide
  readonly #quarantine: Quarantine
  readonly #turns = new SerialQueue()
  /** Aborted when the runtime ends. */
  readonly #ending = new AbortController()

  constructor(options: ControllerOptions) {
    const { id, services, events } = options
    this.id = id
    this.#options = options
    this.#services = services
    this.#side = new LiveSide({ id, events, live: services.live, log: services.log })
    this.#quarantine = new Quarantine(id, services.store)
  }

  /** Runs jobs of this plugin one after the other. */
  async inTurn<T>(job: () => Promise<T>): Promise<T> {
    try {
      return await this.#turns.run(job)
    } finally {
      this.#options.onTurnEnd(this)
    }
  }

  /** Whether it is still needed when nothing of it is installed: a job runs or waits. */
  get isBusy(): boolean {
    return this.#turns.isBusy
  }

  /** What the store says, as it was last followed; undefined while the plugin is not installed. */
  get record(): InstallationRecord | undefined {
    return this.#side.record
  }

  /** What requests find. */
  get live(): LivePlugin | undefined {
    return this.#side.plugin
  }

  /** Builds and loads a release beside the one that serves. Rejects with LOAD_FAILED or DECLARATION_MISMATCH; then nothing has changed. */
  async prepare(record: InstallationRecord, release: ReleaseRecord): Promise<PreparedRelease> {
    const settings = await readSettings(release, this.#services)
    const { problems } = settings
    if (problems.length > 0)
      throw new PlugbayError('SETTINGS_INVALID', 'A setting is not valid', { problems })
    return await this.#prepare({ record, release, settings }, verifyRelease)
  }

  /** The record has changed, and what serves is right as it is. */
  note(record: InstallationRecord): void {
    this.#side.note(record)
  }

  /** Makes a prepared release serve, after its backend was told of a start that is one. A plugin whose handler fails is disabled. */
  async serve(record: InstallationRecord, prepared: PreparedRelease, actor: string): Promise<void> {
    const { catalog } = this.#services.store
    this.#side.follow(record)
    const caller = { actor, signal: this.#ending.signal, catalog }
    const run = () => runStartHandlers(prepared, record, caller)
    const { told, problem } = await retireOnFailure(prepared, run)
    if (problem === undefined) {
      this.#side.swap(told, prepared)
      if (this.#quarantine.isKnown) this.#later(() => this.#quarantine.end())
      return
    }
    await prepared.retire()
    // The runtime ends: the next start calls it again.
    if (problem.code === 'CANCELLED') return this.#side.withdraw({ reason: 'starting' }, told)
    const { message } = problem
    this.log.write({ level: 'error', message: `${message}: the plugin stays disabled` })
    const audit = { actor, action: 'plugin.disable', detail: { reason: message } }
    const disabled = await catalog.change(this.id, { enabled: false }, audit)
    this.#side.withdraw({ reason: 'disabled', problem }, disabled)
  }

  /** Follows the store. `verify` loads the backend to see that it loads; boot leaves that to the first request. */
  async reconcile(record: InstallationRecord, { verify, actor, problem }: Reconciling): Promise<void> {
    this.#side.follow(record)
    const ready = await this.#makeReady(record, verify)
    if ('reason' in ready) this.#side.withdraw({ problem, ...ready }, record)
    else await this.serve(record, ready, actor)
  }

  /** Tells the backend that it will serve no more; resolves with what to warn of. One that cannot serve cannot be told. */
  async tellEnd(
    record: InstallationRecord,
    steps: readonly LifecycleStep[],
    actor: string,
  ): Promise<readonly Problem[]> {
    if (steps.length === 0) return []
    const caller = { actor, signal: this.#ending.signal }
    const { release } = this.#side
    if (release !== undefined) return await runEndHandlers(release, steps, caller)
    if (record.enabled) return []
    // It is disabled, and is started for this alone.
    const ready = await this.#makeReady({ ...record, enabled: true }, false)
    if ('reason' in ready) return []
    try {
      return await runEndHandlers(ready, steps, caller)
    } finally {
      await ready.retire()
    }
  }

  /** Its start takes long: requests are told to come again. */
  expectStart(): void {
    if (this.live === undefined) this.#side.withdraw({ reason: 'starting' })
  }

  /** Serves nothing for a while; resolves when everything of the plugin has stopped. `reconcile` ends it. */
  async suspend(): Promise<void> {
    if (this.#side.release !== undefined) this.#side.withdraw({ reason: 'starting' })
    await this.#side.drained()
  }

  /** The runtime ends: gives up a handler that is at work; resolves when everything of the plugin has stopped. */
  async close(): Promise<void> {
    this.#ending.abort()
    await this.inTurn(() => this.#side.stop())
  }

  /** The store has forgotten it; resolves when everything of the plugin has stopped. */
  async remove(): Promise<void> {
    await this.#side.remove()
  }

  /** Why it is in quarantine, or was until the last attempt failed; undefined when nothing is known against it. */
  async evidence(): Promise<Evidence | undefined> {
    return await this.#quarantine.evidence()
  }

  /** What the record wants, ready to serve; otherwise why nothing can. A backend that is to hear of its start has to load. */
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

  /** The backend of what serves has another state. */
  #onRunner(state: RunnerState): void {
    const { plugin, runner, mapper } = this.#side.release ?? {}
    if (state !== 'quarantined' || plugin === undefined || runner == null) return this.#side.announce()
    const { code = 'LOAD_FAILED', message = 'The plugin failed too often' } = runner.lastFailure ?? {}
    this.#side.withdraw({ reason: 'quarantined', problem: { code, message } })
    const quarantined = this.live
    this.#later(async () => {
      // A command may have been faster, and have started it again.
      if (this.live !== quarantined) return
      const { log } = this
      const { version } = plugin
      const resources = await resourceFigures(this, this.#services)
      await this.#quarantine.begin(await collectEvidence({ runner, log, mapper, version, resources }))
    })
  }

  /** Work that no command waits for, in its turn. */
  #later(job: () => Promise<void>): void {
    void this.inTurn(job).catch((error: unknown) =>
      this.#services.log.error({ plugin: this.id, error: String(error) }, 'evidence could not be kept'),
    )
  }
}
