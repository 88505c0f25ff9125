// One plugin under development: every save becomes a release, or a problem that pages and terminal show.
// Invariant: a save that cannot serve does not change what serves; reports always concern the newest save.

import type { RuntimeEvent } from '../../sdk/api/events.ts'
import type { LogLine } from '../../sdk/api/logs.ts'
import type { Installation } from '../../sdk/api/plugins.ts'
import type { PlugbayError, Problem } from '../errors.ts'
import type { Plugins, UploadOutcome } from '../lifecycle/plugins.ts'
import type { FolderSource } from '../package/types.ts'
import type { Build } from './build-queue.ts'
import type { Change, DevEvent } from './dev-events.ts'
import { type Content, type Difference, diffArtifacts } from './diff-artifacts.ts'
import { errorProblems } from './error-problems.ts'
import { failureOf, isFailure } from './failure.ts'
import { followLog } from './log-lines.ts'
import { idOf } from './manifest-id.ts'
import type { PageEvents } from './page-events.ts'

export interface SessionOptions {
  readonly source: FolderSource
  readonly plugins: Plugins
  readonly events: PageEvents
  /** The artifact that serves the plugin. */
  readonly serving: (id: string) => Content | undefined
  readonly onEvent: (event: DevEvent) => void
}

const ACTOR = 'plugbay dev'
/** States without pages. */
const STOPPED: ReadonlySet<unknown> = new Set(['disabled', 'misconfigured', 'quarantined'])

export class DevSession {
  readonly #options: SessionOptions
  readonly #stops: (() => void)[] = []
  #id: string | undefined
  #stopLog: (() => void) | undefined
  #warnings = ''
  #telling = false
  /** Of the last save, as it was reported. */
  #hasProblems = false
  /** The newest save has what it needs but settings. */
  #waits = false
  /** The serving artifact, or the one that failed to start. */
  #installed: string | null = null
  /** The last artifact that served. */
  #content: Content | undefined

  constructor(options: SessionOptions) {
    this.#options = options
    this.#stops.push(options.plugins.subscribeEvents((event) => this.#onRuntimeEvent(event)))
  }

  /** Known once a manifest could be read. */
  get id(): string | undefined {
    return this.#id
  }

  /** The first build: restarts what the last session left. */
  async start(): Promise<Installation | undefined> {
    const installation = await this.build(
      { since: performance.now(), isOutdated: () => false },
      { first: true },
    )
    if (installation === undefined) {
      const { manifest } = await this.#options.plugins.inspect(this.#options.source)
      this.#id ??= idOf(manifest)
    }
    return installation
  }

  /**
   * Enables the plugin with every save, because the previous one may have left it disabled. Never rejects. Undefined when the
   * save could not be installed.
   */
  async build(build: Build, { first = false } = {}): Promise<Installation | undefined> {
    const { plugins, source } = this.#options
    try {
      const outcome = await plugins.upload(source, {
        actor: ACTOR,
        enable: true,
        grant: 'all',
        repair: first,
        ...(this.#id !== undefined && { id: this.#id }),
      })
      const { id } = outcome.installation
      this.#id = id
      const again = first && outcome.kind === 'unchanged'
      const installation = again ? await this.#startAnew(outcome.installation) : outcome.installation
      this.#stopLog ??= await followLog(plugins, id, (line) => this.#onLine(line))
      this.#installedAs(installation, outcome, build)
      return installation
    } catch (error) {
      // A newer save is being built: the problems of this one are obsolete.
      if (!build.isOutdated()) this.#reportProblems(errorProblems(error as PlugbayError))
      return undefined
    }
  }

  /** A failed lifecycle handler of the last session may also have left the plugin disabled. */
  #startAnew({ id, enabled }: Installation): Promise<Installation> {
    const { plugins } = this.#options
    return enabled ? plugins.reload(id, ACTOR) : plugins.enable(id, ACTOR)
  }

  /** With other settings than before. Never rejects. */
  async restart({ id }: Installation): Promise<Installation | undefined> {
    try {
      return await this.#options.plugins.reload(id, ACTOR)
    } catch (error) {
      this.#reportProblems(errorProblems(error as PlugbayError))
      return undefined
    }
  }

  close(): void {
    this.#stopLog?.()
    for (const stop of this.#stops) stop()
  }

  #installedAs(installation: Installation, outcome: UploadOutcome, build: Build): void {
    const { events, onEvent } = this.#options
    const before = this.#installed
    const { sha256, version, state, problem } = installation
    this.#installed = sha256
    const lack = installation.candidate?.problem
    // What served before goes on; the save is installed when it has the settings.
    this.#waits = lack != null
    if (lack != null) return this.#reportProblems([lack])
    const serves = state === 'running' || state === 'idle' || state === 'starting'
    if (!serves) {
      events.serves(null)
      this.#reportProblems(problem === null ? [] : [problem])
      return
    }
    const hadProblems = this.#hasProblems
    this.#reportProblems([])
    this.#reportWarnings(outcome.warnings)
    if (hadProblems && sha256 === events.revision)
      onEvent({ event: 'log', level: 'info', message: 'The problem is gone: what serves is what was saved' })
    if (sha256 === null || sha256 === events.revision) return
    const known = before === null || before === sha256 ? undefined : before
    const difference = this.#difference(installation.id, known)
    const change: Change = difference?.change ?? 'first'
    events.serves(
      sha256,
      difference?.change === 'css' && events.revision === known ? difference.paths : undefined,
    )
    onEvent({ event: 'swap', version: version ?? '', ms: performance.now() - build.since, change })
  }

  /** Both are in memory: the serving one and its predecessor. */
  #difference(id: string, known: string | undefined): Difference | undefined {
    const before = this.#content
    this.#content = this.#options.serving(id)
    if (known === undefined) return undefined
    return before === undefined || this.#content === undefined
      ? { change: 'backend', paths: [] }
      : diffArtifacts(before, this.#content)
  }

  #reportProblems(problems: readonly Problem[]): void {
    const { events, onEvent } = this.#options
    this.#hasProblems = problems.length > 0
    if (this.#hasProblems) onEvent({ event: 'problem', problems })
    events.reportProblems(problems)
  }

  /** Once, not at every save. */
  #reportWarnings(warnings: readonly Problem[]): void {
    const key = JSON.stringify(warnings)
    if (key === this.#warnings) return
    this.#warnings = key
    for (const { message, hint, file, line } of warnings) {
      const place = [file, line].filter((part) => part !== undefined).join(':')
      const text = [place === '' ? message : `${place}: ${message}`, hint].filter(Boolean).join(' → ')
      this.#options.onEvent({ event: 'log', level: 'warn', message: text })
    }
  }

  #onLine(line: LogLine): void {
    this.#options.onEvent(logEvent(line))
    // One at a time, so that a backend that fails all the time costs no more than that.
    if (!isFailure(line) || this.#telling) return
    this.#telling = true
    void failureOf(line, this.#options.source.path).then((failure) => {
      this.#telling = false
      const { events, onEvent } = this.#options
      onEvent({ event: 'problem', problems: [failure] })
      events.reportFailure(failure)
    })
  }

  /** Changes by an administrator meanwhile: a missing setting, a retry, an uninstall. */
  #onRuntimeEvent({ type, data }: RuntimeEvent): void {
    if (this.#id === undefined || data.id !== this.#id) return
    const { events } = this.#options
    if (type === 'plugin.removed') {
      this.#stopLog?.()
      this.#stopLog = undefined
      this.#installed = null
      events.serves(null)
      return
    }
    // Pages opened now are problem pages: they reload when there is something to show.
    if (type === 'plugin.state' && STOPPED.has(data.state)) events.serves(null)
    const serves = data.state === 'running' || data.state === 'idle'
    if (serves && this.#waits) {
      this.#waits = false
      void this.#options.plugins.get(data.id).then(({ sha256 }) => {
        this.#installed = sha256
        this.#reportProblems([])
        events.serves(sha256)
      })
      return
    }
    if (serves && events.revision === null && this.#installed !== null) {
      this.#reportProblems([])
      events.serves(this.#installed)
    }
  }
}

function logEvent({ level, message, stack }: LogLine): DevEvent {
  return { event: 'log', level, message, ...(stack !== undefined && { stack }) }
}
