// One installed plugin: makes what serves equal to what the store says should serve.
// The same reconcile() follows a click, a boot, a crash of an update and a save in development.
// Invariant: changes run one after the other; at any moment requests find the old release or the new one.

import type { InstallationRecord, ReleaseRecord } from '../../plugin-store/records.ts'
import type { Evidence } from '../../sdk/api/evidence.ts'
import type { LivePlugin, ServingPlugin, Unavailable } from '../contributions/live-plugin.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import type { RunnerState } from '../sandbox/runner/plugin-runner.ts'
import { UsageMeter } from '../sandbox/usage/usage-meter.ts'
import { SerialQueue } from '../serial-queue.ts'
import { collectEvidence } from './evidence/evidence.ts'
import { PluginLog } from './evidence/plugin-log.ts'
import { Quarantine } from './evidence/quarantine.ts'
import type { EffectiveSettings } from './prepare/effective-settings.ts'
import {
  loadProblem,
  type PreparedRelease,
  type PrepareServices,
  prepareRelease,
  verifyRelease,
} from './prepare/prepare-release.ts'
import { readSettings, type SettingServices } from './prepare/read-settings.ts'
import type { RuntimeEvents } from './runtime-events.ts'
import { stateOf } from './state.ts'
import { resourceFigures } from './views/resource-figures.ts'

const SAFE_MODE: Problem = {
  code: 'PLUGIN_UNAVAILABLE',
  message: 'The server runs in safe mode: no plugin starts',
  hint: 'Start the server without "--safe" when the plugin that harms it is disabled or removed',
}

export interface ControllerServices extends PrepareServices, SettingServices {
  readonly live: LivePlugins
  readonly safe: boolean
}

export interface ControllerOptions {
  readonly id: string
  readonly services: ControllerServices
  readonly events: RuntimeEvents
  /** Called after every job of inTurn(). */
  readonly onTurnEnd: (controller: PluginController) => void
}

interface Wanted {
  readonly record: InstallationRecord
  readonly release: ReleaseRecord
  readonly settings: EffectiveSettings
}

export class PluginController {
  readonly id: string
  readonly log = new PluginLog()
  /** Goes on over releases, reloads and crashes. */
  readonly meter = new UsageMeter()
  readonly #options: ControllerOptions
  readonly #services: ControllerServices
  readonly #quarantine: Quarantine
  readonly #turns = new SerialQueue()
  /** What the store says, as it was last followed; undefined while the plugin is not installed. */
  #record: InstallationRecord | undefined
  /** The release that serves. */
  #release: PreparedRelease | undefined
  readonly #retiring = new Set<Promise<void>>()
  /** The last event of the plugin's state. */
  #announced: string | undefined

  constructor(options: ControllerOptions) {
    this.id = options.id
    this.#options = options
    this.#services = options.services
    this.#quarantine = new Quarantine(this.id, options.services.store)
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

  get isInstalled(): boolean {
    return this.#record !== undefined
  }

  /** What requests find. */
  get live(): LivePlugin | undefined {
    return this.#services.live.get(this.id)
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
    this.#record = record
    this.#announce()
  }

  /** Makes a prepared release the one that serves; what served before is drained in the background. */
  swap(record: InstallationRecord, prepared: PreparedRelease): void {
    const before = this.#release
    this.#record = record
    this.#release = prepared
    this.#services.live.swap(prepared.plugin)
    this.#retire(before)
    if (this.#quarantine.isKnown) this.#later(() => this.#quarantine.end())
    this.#announce()
  }

  /** Follows the store. `verify` loads the backend to see that it loads; boot leaves that to the first request. */
  async reconcile(record: InstallationRecord, { verify }: { readonly verify: boolean }): Promise<void> {
    this.#record = record
    const release = await this.#activeRelease(record)
    if (release === undefined) return this.#withdraw(record.enabled ? 'waiting-approval' : 'disabled')
    if (!record.enabled) return this.#withdraw('disabled')
    if (this.#services.safe) return this.#withdraw('disabled', SAFE_MODE)
    const kept = verify ? undefined : await this.#quarantine.of(release.version)
    if (kept !== undefined) return this.#withdraw('quarantined', kept)
    const settings = await readSettings(release, this.#services)
    const [problem] = settings.problems
    if (problem !== undefined) return this.#withdraw('misconfigured', problem)
    const check = verify ? verifyRelease : (prepared: PreparedRelease) => prepared.migrate()
    let prepared: PreparedRelease
    try {
      prepared = await this.#prepare({ record, release, settings }, check)
    } catch (error) {
      const [first] = error instanceof PlugbayError ? error.problems : []
      this.log.write({ level: 'error', message: first?.message ?? `Cannot start: ${String(error)}` })
      return this.#withdraw('failed', first ?? loadProblem(error))
    }
    this.swap(record, prepared)
  }

  /** Serves nothing for a while; resolves when everything of the plugin has stopped. `reconcile` ends it. */
  async suspend(): Promise<void> {
    if (this.#release !== undefined) this.#withdraw('starting')
    await Promise.all(this.#retiring)
  }

  /** The runtime closes; resolves when everything of the plugin has stopped. */
  async stop(): Promise<void> {
    this.#services.live.remove(this.id)
    this.#retire(this.#release)
    this.#release = undefined
    await Promise.all(this.#retiring)
  }

  /** The store has forgotten it; resolves when everything of the plugin has stopped. */
  async remove(): Promise<void> {
    this.#record = undefined
    this.#announced = undefined
    await this.stop()
    this.#options.events.emit('plugin.removed', { id: this.id })
  }

  /** Why it is in quarantine, or was until the last attempt failed; undefined when nothing is known against it. */
  async evidence(): Promise<Evidence | undefined> {
    return await this.#quarantine.evidence()
  }

  async #prepare(
    { record, release, settings }: Wanted,
    check: (prepared: PreparedRelease) => Promise<void>,
  ): Promise<PreparedRelease> {
    const { log, meter } = this
    const onState = (plugin: ServingPlugin, state: RunnerState): void => {
      if (plugin === this.live) this.#onRunner(state)
    }
    const { values, secrets } = settings
    const input = { installation: record, release, settings: values, secrets, log, meter, onState }
    const prepared = await prepareRelease(input, this.#services)
    try {
      await check(prepared)
      return prepared
    } catch (error) {
      await prepared.retire()
      throw error
    }
  }

  async #activeRelease(record: InstallationRecord): Promise<ReleaseRecord | undefined> {
    if (record.activeVersion === null) return undefined
    return await this.#services.store.catalog.release(this.id, record.activeVersion)
  }

  /** The backend of what serves has another state. */
  #onRunner(state: RunnerState): void {
    const { plugin, runner, mapper } = this.#release ?? {}
    if (state !== 'quarantined' || plugin === undefined || runner == null) return this.#announce()
    const { code = 'LOAD_FAILED', message = 'The plugin failed too often' } = runner.lastFailure ?? {}
    this.#withdraw('quarantined', { code, message })
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

  #withdraw(reason: Unavailable, problem: Problem | null = null): void {
    const before = this.#release
    this.#release = undefined
    this.#services.live.swap({ kind: 'unavailable', id: this.id, reason, problem })
    this.#retire(before)
    this.#announce()
  }

  #retire(prepared: PreparedRelease | undefined): void {
    if (prepared === undefined) return
    const done = prepared
      .retire()
      .catch((error: unknown) =>
        this.#services.log.error({ plugin: this.id, error: String(error) }, 'a release could not be retired'),
      )
      .finally(() => this.#retiring.delete(done))
    this.#retiring.add(done)
  }

  /** Emits what followers do not know yet. */
  #announce(): void {
    if (this.#record === undefined) return
    const data = {
      id: this.id,
      state: stateOf(this.#record, this.live),
      version: this.#record.activeVersion,
    }
    const announced = `${data.state} ${data.version}`
    if (announced === this.#announced) return
    this.#announced = announced
    this.#options.events.emit('plugin.state', data)
  }
}
