// One installed plugin: makes what serves equal to what the store says should serve.
// The same reconcile() follows a click, a boot, a crash of an update and a save in development.
// Invariant: changes run one after the other; at any moment requests find the old route or the new one.

import type { InstallationRecord, ReleaseRecord } from '../../plugin-store/records.ts'
import type { Manifest } from '../../sdk/manifest/manifest.ts'
import type { Unavailable } from '../contributions/live-plugins.ts'
import { PlugbayError, type Problem } from '../errors.ts'
import type { LifecycleStep } from '../guest-calls/lifecycle.ts'
import { UsageMeter } from '../sandbox/usage/usage-meter.ts'
import { collectEvidence } from './evidence/evidence.ts'
import { PluginLog } from './evidence/plugin-log.ts'
import { Quarantine } from './evidence/quarantine.ts'
import type { Evidence, PluginState } from './plugins.ts'
import { type EffectiveSettings, effectiveSettings } from './prepare/effective-settings.ts'
import {
  loadProblem,
  type PreparedRelease,
  prepareRelease,
  verifyRelease,
} from './prepare/prepare-release.ts'
import { isUntold, tellEnd, tellStart } from './prepare/run-handlers.ts'
import type { LifecycleServices } from './services.ts'
import { resourceFigures } from './views/resource-figures.ts'

const SAFE_MODE: Problem = {
  code: 'PLUGIN_UNAVAILABLE',
  message: 'The server runs in safe mode: no plugin starts',
  hint: 'Start the server without "--safe" when the plugin that harms it is disabled or removed',
}

export interface ManagedPluginOptions {
  readonly id: string
  readonly services: LifecycleServices
  readonly onState: (plugin: PluginController) => void
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
  readonly #services: LifecycleServices
  readonly #onState: (plugin: PluginController) => void
  readonly #quarantine: Quarantine
  #queue: Promise<unknown> = Promise.resolve()
  #jobs = 0
  #live: PreparedRelease | undefined
  #unavailable: Unavailable = 'disabled'
  #problem: Problem | null = null
  #generation = 0
  #retiring = new Set<Promise<void>>()
  readonly #ending = new AbortController()

  constructor(options: ManagedPluginOptions) {
    this.id = options.id
    this.#services = options.services
    this.#onState = options.onState
    this.#quarantine = new Quarantine(this.id, options.services.store)
  }

  /** Runs jobs of this plugin one after the other. */
  exclusive<T>(job: () => Promise<T>): Promise<T> {
    this.#jobs++
    const run = this.#queue.then(job, job).finally(() => {
      this.#jobs--
    })
    this.#queue = run.catch(() => undefined)
    return run
  }

  /** Whether a job runs or waits. */
  get isBusy(): boolean {
    return this.#jobs > 0
  }

  get state(): PluginState {
    const runner = this.#live?.route.runner
    if (this.#live === undefined) return this.#unavailable
    if (runner === null || runner === undefined) return 'running'
    return runner.state === 'stopped' ? 'idle' : runner.state
  }

  get version(): string | null {
    return this.#live?.route.version ?? null
  }

  get problem(): Problem | null {
    const failure = this.#live?.route.runner?.lastFailure
    const failing = this.state === 'failed' || this.state === 'quarantined'
    if (this.#problem === null && failure !== undefined && failing)
      return { code: failure.code, message: failure.message }
    return this.#problem
  }

  get live(): PreparedRelease | undefined {
    return this.#live
  }

  /** Builds and loads a release beside the one that serves. Rejects with LOAD_FAILED or DECLARATION_MISMATCH; then nothing has changed. */
  async prepare(installation: InstallationRecord, release: ReleaseRecord): Promise<PreparedRelease> {
    const settings = await this.settings(release)
    if (settings.problems.length > 0) {
      throw new PlugbayError('SETTINGS_INVALID', 'A setting is not valid', { problems: settings.problems })
    }
    const built = await this.#build(installation, release, settings)
    try {
      await verifyRelease(built)
      return built
    } catch (error) {
      await built.retire()
      throw error
    }
  }

  /** Makes a prepared release serve, after it was told of a start that is one. Where it fails the plugin is disabled. */
  async serve(built: PreparedRelease, installation: InstallationRecord, actor: string): Promise<void> {
    const { store } = this.#services
    try {
      await tellStart(built, installation, { actor, signal: this.#ending.signal, store })
    } catch (error) {
      await built.retire()
      if (!(error instanceof PlugbayError)) throw error
      // The runtime ends: the next start tells it.
      if (error.code === 'CANCELLED') return this.#withdraw('disabled', null)
      const { message } = error
      this.log.write({ level: 'error', message: `${message}: the plugin stays disabled` })
      const audit = { actor, action: 'plugin.disable', detail: { reason: message } }
      await store.catalog.change(this.id, { enabled: false }, audit)
      return this.#withdraw('disabled', error.problems[0] ?? null)
    }
    this.swap(built)
  }

  /** Tells the plugin that it will serve no more; resolves with what to warn of. Where nothing of it may run it is not told. */
  async tellEnd(
    installation: InstallationRecord,
    steps: readonly LifecycleStep[],
    actor: string,
  ): Promise<readonly Problem[]> {
    if (this.#services.safe || steps.length === 0) return []
    const caller = { actor, signal: this.#ending.signal }
    if (this.#live !== undefined) return await tellEnd(this.#live, steps, caller)
    const release = installation.enabled ? undefined : await this.#activeRelease(installation)
    if (release === undefined) return []
    // It is disabled, and is started for this alone.
    const built = await this.#build(installation, release, await this.settings(release))
    try {
      return await tellEnd(built, steps, caller)
    } finally {
      await built.retire()
    }
  }

  /** The runtime ends: handlers that are at work are given up. */
  giveUp(): void {
    this.#ending.abort()
  }

  /** Makes a prepared route the one that serves; what served before is drained in the background. */
  swap(built: PreparedRelease): void {
    const before = this.#live
    this.#live = built
    this.#problem = null
    this.#services.routes.swap(this.id, built.route)
    this.#services.precompression.later(built.route.artifact)
    this.#retire(before)
    if (this.#quarantine.isKnown) this.#whileNothingChanges(() => this.#quarantine.end())
    this.#onState(this)
  }

  /** Why it is in quarantine, or was until the last attempt failed; undefined when nothing is known against it. */
  async evidence(): Promise<Evidence | undefined> {
    return await this.#quarantine.evidence()
  }

  /** Follows the store. `verify` loads the backend to see that it loads; boot leaves that to the first request. */
  async reconcile(installation: InstallationRecord, options: Reconciling): Promise<void> {
    const release = await this.#activeRelease(installation)
    if (release === undefined)
      return this.#withdraw(installation.enabled ? 'waiting-approval' : 'disabled', null)
    if (!installation.enabled) return this.#withdraw('disabled', options.problem ?? null)
    if (this.#services.safe) return this.#withdraw('disabled', SAFE_MODE)
    const kept = options.verify ? undefined : await this.#quarantine.of(release.version)
    if (kept !== undefined) return this.#withdraw('quarantined', kept)
    const settings = await this.settings(release)
    const [problem] = settings.problems
    if (problem !== undefined) return this.#withdraw('misconfigured', problem)
    let built: PreparedRelease | undefined
    try {
      built = await this.#build(installation, release, settings)
      await (options.verify || isUntold(installation) ? verifyRelease(built) : built.migrate())
    } catch (error) {
      await built?.retire()
      const [first] = error instanceof PlugbayError ? error.problems : []
      this.log.write({ level: 'error', message: first?.message ?? `Cannot start: ${String(error)}` })
      return this.#withdraw('failed', first ?? loadProblem(error))
    }
    await this.serve(built, installation, options.actor)
  }

  /** Settings as they count for a release. */
  async settings(release: ReleaseRecord): Promise<EffectiveSettings> {
    const manifest = release.manifest as unknown as Manifest
    const rows = await this.#services.store.settings.get(this.id)
    return effectiveSettings({
      pluginId: this.id,
      schema: manifest.settings,
      stored: Object.fromEntries(rows.map(({ key, value }) => [key, value])),
      environment: this.#services.environment,
    })
  }

  /** Serves nothing for a while; resolves when everything of the plugin has stopped. `reconcile` ends it. */
  async suspend(): Promise<void> {
    if (this.#live !== undefined) this.#withdraw('starting', null)
    await Promise.all(this.#retiring)
  }

  /** Serves no more; resolves when everything of the plugin has stopped. */
  async remove(): Promise<void> {
    this.#services.routes.remove(this.id)
    this.#retire(this.#live)
    this.#live = undefined
    await Promise.all(this.#retiring)
  }

  #build(
    installation: InstallationRecord,
    release: ReleaseRecord,
    settings: EffectiveSettings,
  ): Promise<PreparedRelease> {
    return prepareRelease(
      {
        installation,
        release,
        settings: settings.values,
        secrets: settings.secrets,
        generation: ++this.#generation,
        log: this.log,
        meter: this.meter,
        onState: (state) => {
          this.#onState(this)
          if (state === 'quarantined') this.#keepEvidence()
        },
      },
      this.#services,
    )
  }

  async #activeRelease(installation: InstallationRecord): Promise<ReleaseRecord | undefined> {
    if (installation.activeVersion === null) return undefined
    return await this.#services.store.catalog.release(this.id, installation.activeVersion)
  }

  #keepEvidence(): void {
    const { route, mapper } = this.#live ?? {}
    if (route === undefined || route.runner === null) return
    const { runner, version } = route
    const collect = async () => {
      const resources = await resourceFigures(this, this.#services)
      return await collectEvidence({ runner, log: this.log, mapper, version, resources })
    }
    this.#whileNothingChanges(async () => {
      // Somebody may have been faster, and started it anew.
      if (runner.state === 'quarantined') await this.#quarantine.begin(await collect())
    })
  }

  /** Work that nobody waits for, in its turn. */
  #whileNothingChanges(job: () => Promise<void>): void {
    void this.exclusive(job).catch((error: unknown) =>
      this.#services.log.error({ plugin: this.id, error: String(error) }, 'evidence could not be kept'),
    )
  }

  #withdraw(state: Unavailable, problem: Problem | null): void {
    const before = this.#live
    this.#live = undefined
    this.#unavailable = state
    this.#problem = problem
    this.#services.routes.swap(this.id, state)
    this.#retire(before)
    this.#onState(this)
  }

  #retire(built: PreparedRelease | undefined): void {
    if (built === undefined) return
    const done = built
      .retire()
      .catch((error: unknown) =>
        this.#services.log.error({ plugin: this.id, error: String(error) }, 'a release could not be retired'),
      )
      .finally(() => this.#retiring.delete(done))
    this.#retiring.add(done)
  }
}
