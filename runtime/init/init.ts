// Sets the application up: steps of plugins before and after its own, each once for a release, or when they are asked for.
// Invariant: one after the other, in one task at a time; the first that fails ends the task, and the next task begins with it.

import { randomUUID } from 'node:crypto'
import type { Actor, Store } from '../../plugin-store/store.ts'
import type { TaskStarter } from '../../plugin-store/tasks/task-records.ts'
import type { InitRequest, InitStep } from '../../sdk/api/init.ts'
import type { DeclaredInit } from '../../sdk/host/init.ts'
import { templatesFolder } from '../../sdk/manifest/layout.ts'
import { didYouMean } from '../../sdk/text/did-you-mean.ts'
import { type PlannedStep, plannedSteps } from '../contributions/init.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import { PlugbayError } from '../errors.ts'
import { callInit } from '../guest-calls/init.ts'
import type { BackgroundTasks, DefinedTask } from '../tasks/background-tasks.ts'
import type { ServerRun } from '../tasks/server-tasks.ts'

export interface InitParts {
  /** Functions of the application, or of the server. */
  readonly application: DeclaredInit | undefined
  readonly live: Pick<LivePlugins, 'current' | 'get'>
  readonly store: Pick<Store, 'audit' | 'initRuns'>
  /** The template of that name, rendered as the files of the application are. Rejects with TEMPLATES_INVALID. */
  readonly render: (template: string) => Promise<string>
  readonly tasks: Pick<BackgroundTasks, 'define'>
}

interface Asked {
  readonly limit: string | null
  readonly again: boolean
}

interface Ran {
  /** "pre redis: create-bucket" */
  readonly done: readonly string[]
}

const DEADLINE_SECONDS = 3600

export class Init {
  readonly #parts: InitParts
  readonly #task: DefinedTask<Asked>

  constructor(parts: InitParts) {
    this.#parts = parts
    this.#task = parts.tasks.define<Asked, Ran>({
      name: 'init',
      deadlineSeconds: DEADLINE_SECONDS,
      run: (asked, run) => this.#run(asked, run),
    })
  }

  /** In the order in which they run. */
  async list(): Promise<readonly InitStep[]> {
    const doneFor = await this.#done()
    return plannedSteps(this.#parts.live.current()).map((step) => ({
      ...{ plugin: step.plugin.id, stage: step.stage, name: step.name },
      kind: step.script === null ? 'handler' : 'script',
      version: step.plugin.version,
      done: doneFor(step) ?? null,
    }))
  }

  /** Begins the task. Rejects with PLUGIN_UNKNOWN for a limit that has no steps. */
  async start({ limit, again = false }: InitRequest, startedBy: TaskStarter, actor: Actor): Promise<string> {
    const { live, store } = this.#parts
    const ids = [...new Set(plannedSteps(live.current()).map(({ plugin }) => plugin.id))]
    if (limit !== undefined && !ids.includes(limit)) {
      const meant = didYouMean(limit, ids)
      const known = ids.length === 0 ? 'no plugin that serves has any' : `those of ${ids.join(', ')} can`
      throw new PlugbayError(
        'PLUGIN_UNKNOWN',
        `Steps of "${limit}" cannot run: ${meant === undefined ? known : `did you mean "${meant}"?`}`,
      )
    }
    const args = { limit: limit ?? null, again }
    const { id } = await this.#task.schedule(args, { startedBy, key: JSON.stringify(args) })
    await store.audit.append(limit ?? 'init', { actor, action: 'init.start', detail: { again } })
    return id
  }

  async #run({ limit, again }: Asked, run: ServerRun): Promise<Ran> {
    const { application, live } = this.#parts
    const doneFor = await this.#done()
    const steps = plannedSteps(live.current()).filter((step) =>
      limit === null ? again || doneFor(step) !== step.plugin.version : step.plugin.id === limit,
    )
    const own = limit === null && application?.own !== undefined ? 1 : 0
    const done: string[] = []
    const total = steps.length + own
    const next = (what: string) => {
      run.signal.throwIfAborted()
      run.progress(done.length / Math.max(1, total), what)
      run.log.info(what)
    }
    const runStage = async (stage: PlannedStep['stage']) => {
      for (const step of steps.filter((each) => each.stage === stage)) {
        const what = `${stage} ${step.plugin.id}: ${step.name}`
        next(what)
        await this.#runStep(step, run)
        done.push(what)
      }
    }
    await runStage('pre')
    if (own > 0) {
      next('the application')
      await application?.own?.({ signal: run.signal, log: run.log.info })
      done.push('the application')
    }
    await runStage('run')
    run.progress(1)
    run.log.info(total === 0 ? 'Nothing is left to do' : 'Done')
    return { done }
  }

  async #runStep(step: PlannedStep, run: ServerRun): Promise<void> {
    const { plugin, name, stage, script } = step
    try {
      if (script === null) await this.#callHandler(step, run)
      else await this.#runScript({ ...step, script }, run)
    } catch (error) {
      if (run.signal.aborted) throw error
      const reason = error instanceof Error ? error.message : String(error)
      throw new PlugbayError(
        'INIT_FAILED',
        `The step "${name}" (${stage}) of "${plugin.id}" failed: ${reason}`,
        {
          cause: error,
        },
      )
    }
    const done = { pluginId: plugin.id, stage, name, version: plugin.version }
    await this.#parts.store.initRuns.put(done)
  }

  async #runScript(step: PlannedStep & { readonly script: string }, run: ServerRun): Promise<void> {
    const { application, render } = this.#parts
    if (application?.run === undefined)
      throw new PlugbayError(
        'INIT_FAILED',
        'Nothing here may run scripts; the config "init.runner" can allow it',
      )
    const template = step.script.slice(templatesFolder(step.plugin.manifest).length + 1)
    const text = (await render(template)).trim()
    if (text === '') {
      run.log.info('The script is empty')
      return
    }
    const { name, stage } = step
    await application.run(text, {
      plugin: step.plugin.id,
      name,
      stage,
      signal: run.signal,
      log: run.log.info,
    })
  }

  async #callHandler({ plugin, name, stage }: PlannedStep, run: ServerRun): Promise<void> {
    const { runner } = plugin
    if (runner === null) throw new PlugbayError('INIT_FAILED', 'There is neither a script nor a backend')
    const user = run.startedBy.kind === 'user' ? { name: run.startedBy.name, permissions: [] } : null
    const outcome = await callInit(
      { runner, reportError: (error, requestId) => plugin.reportError(error, requestId) },
      { name, stage, user, requestId: `init-${randomUUID().slice(0, 8)}`, signal: run.signal },
    )
    if (!outcome.ok) throw new PlugbayError(outcome.code, outcome.message)
  }

  /** The release that a step has last succeeded for. */
  async #done(): Promise<(step: PlannedStep) => string | undefined> {
    const rows = await this.#parts.store.initRuns.list()
    return ({ plugin, stage, name }) =>
      rows.find((row) => row.pluginId === plugin.id && row.stage === stage && row.name === name)?.version
  }
}
