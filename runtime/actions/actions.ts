// The actions of a runtime: what plugins offer users to do with an object of the application.
// Invariant: an action runs only for a user who may run it, on an object that the application has given, when it is ready, and with
// arguments that both its form and its plugin accept. All of this is looked up at each run.

import type { ObjectChoice } from '../../sdk/host/contexts.ts'
import type { HostDeclaration } from '../../sdk/host/declaration.ts'
import type { PointName } from '../../sdk/host/static-types.ts'
import type { ActionArguments, ArgumentProblem } from '../../sdk/plugin-api/actions.ts'
import type { User } from '../../sdk/plugin-api/env.ts'
import type { ScheduledTask } from '../../sdk/plugin-api/tasks.ts'
import type { TaskLevel } from '../../sdk/protocol/task-levels.ts'
import type { Contributors } from '../contributions/contributors.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import { type ErrorCode, PlugbayError } from '../errors.ts'
import {
  type ActionCaller,
  callCheck,
  callReady,
  callRun,
  type Readiness,
  type RunAnswer,
} from '../guest-calls/action.ts'
import type { GuestCallTarget } from '../guest-calls/call-guest.ts'
import type { Points } from '../host/points.ts'
import type { ValueChecks } from '../host/value-checks.ts'
import type { Languages } from '../languages/languages.ts'
import { InstanceFailure } from '../sandbox/types.ts'
import { type ActionView, actionView } from './action-views.ts'
import { ArgumentChecks, type CheckedArguments } from './arguments.ts'
import { automaticValues, withAutomatic } from './automatic-arguments.ts'
import type { ContextFolders } from './context-folders.ts'
import { actionsIn, actionsOf, contextOf, GENERAL, mayRun, type OfferedAction } from './find-actions.ts'
import { ContextObjects } from './objects.ts'

/** The caller. */
export interface ActionUser {
  readonly user: User | null
  /** The language of the user; that of the host by default. */
  readonly language?: string
  readonly signal?: AbortSignal
}

/** The object: one that the application has at hand, or the id of one, which comes from a browser. */
export type ActionObject = { readonly object: unknown } | { readonly objectId: string | undefined }

export interface ActionName {
  /** Id of the plugin. */
  readonly plugin: string
  readonly action: string
}

export type ActionRequest = ActionName & ActionUser & ActionObject & { readonly args: ActionArguments }

export interface ActionOutcome {
  /** What the plugin says of it. */
  readonly message: string | null
  /** Tasks that wait or run now because of it. */
  readonly added: readonly { readonly id: string; readonly name: string }[]
  /** Tasks that were left out, since the same ones wait or run already. */
  readonly skipped: readonly { readonly id: string; readonly name: string }[]
}

/** Schedules a task of a plugin: see BackgroundTasks. */
export type ScheduleTask = (
  pluginId: string,
  name: string,
  given: {
    readonly args: unknown
    readonly options: unknown
    readonly startedBy: { readonly kind: 'user' | 'plugin'; readonly name: string }
    readonly action: ActionCaller['action']
    readonly level: TaskLevel
  },
) => Promise<ScheduledTask>

/** The actions of plugins, for the pages of the application. */
export interface HostActions<Host extends HostDeclaration = HostDeclaration> {
  /** Those that the user may run on the object, in order; those that are not ready say why. */
  list(
    asked: { readonly context?: PointName<Host, 'contexts'> | 'general' } & ActionUser &
      Partial<ActionObject>,
  ): Promise<readonly ActionView[]>
  /** The arguments as `run` would get them. Rejects as `run` does. */
  check(request: ActionRequest): Promise<ActionArguments>
  /**
   * Rejects with ACTION_UNKNOWN, OBJECT_UNKNOWN, FORBIDDEN, ACTION_NOT_READY, ARGUMENTS_INVALID with a problem for each argument, and
   * with the code of a failure of the plugin.
   */
  run(request: ActionRequest): Promise<ActionOutcome>
  /** The objects of a context that a user can choose from, for an argument of the form. Rejects with POINT_UNKNOWN. */
  choices(context: PointName<Host, 'contexts'>, user: User | null): Promise<readonly ObjectChoice[]>
}

export interface ActionParts {
  readonly points: Points
  readonly contributors: Contributors
  readonly checks: ValueChecks
  readonly live: Pick<LivePlugins, 'get'>
  readonly languages: Pick<Languages, 'of' | 'text'>
  readonly folders: Pick<ContextFolders, 'of'>
  readonly schedule: ScheduleTask
}

export class Actions implements HostActions {
  readonly #parts: ActionParts
  readonly #objects: ContextObjects
  readonly #arguments = new ArgumentChecks()

  constructor(parts: ActionParts) {
    this.#parts = parts
    this.#objects = new ContextObjects(parts.points, parts.checks)
  }

  async list({
    context = GENERAL,
    ...asked
  }: { readonly context?: string } & ActionUser & Partial<ActionObject>): Promise<readonly ActionView[]> {
    const { contributors, languages } = this.#parts
    const object = await this.#objectOf(context, asked)
    const language = languages.of(asked.language)
    return await Promise.all(
      actionsIn(context, contributors, asked.user).map(async (offered) => {
        const readiness = await readinessOf(offered, this.#callerOf(offered, object, asked))
        return actionView(offered, readiness, (text) => languages.text(text, language))
      }),
    )
  }

  async check(request: ActionRequest): Promise<ActionArguments> {
    const { offered, caller } = await this.#admit(request)
    return await this.#checked(offered, request.args, caller)
  }

  async run(request: ActionRequest): Promise<ActionOutcome> {
    const { offered, caller } = await this.#admit(request)
    const readiness = await readinessOf(offered, caller)
    if (!readiness.ready) throw new PlugbayError('ACTION_NOT_READY', readiness.reason)
    const args = await this.#checked(offered, request.args, caller)
    const folders = await this.#parts.folders.of(offered.plugin.id, caller.action)
    const outcome = await callRun(targetOf(offered), args, { ...caller, folders })
    if (!outcome.ok) throw failure(offered, outcome.code)
    return await this.#schedule(offered, { ...outcome, args, caller })
  }

  /** One by one, as they stand there: an earlier one may be the duplicate of a later one. */
  async #schedule(
    { plugin }: OfferedAction,
    {
      message,
      tasks,
      args,
      caller,
    }: RunAnswer & { readonly args: ActionArguments; readonly caller: ActionCaller },
  ): Promise<ActionOutcome> {
    const { user, action } = caller
    const startedBy = { kind: user === null ? 'plugin' : 'user', name: user?.name ?? plugin.id } as const
    const { level, dedupe } = automaticValues(args)
    const added: { id: string; name: string }[] = []
    const skipped: { id: string; name: string }[] = []
    for (const { task: name, args: given, options } of tasks) {
      const how = { dedupe, ...options }
      const { id, outcome } = await this.#parts.schedule(plugin.id, name, {
        ...{ args: given, options: how, startedBy, action, level },
      })
      if (outcome === 'skipped') skipped.push({ id, name })
      else added.push({ id, name })
    }
    return { message: message ?? null, added, skipped }
  }

  async choices(context: string, user: User | null): Promise<readonly ObjectChoice[]> {
    return await this.#objects.list(context, user)
  }

  async #admit(request: ActionRequest): Promise<{ offered: OfferedAction; caller: ActionCaller }> {
    const plugin = this.#parts.live.get(request.plugin)
    const action =
      plugin?.kind === 'serving' ? actionsOf(plugin).find(({ id }) => id === request.action) : undefined
    if (plugin?.kind !== 'serving' || action === undefined)
      throw new PlugbayError(
        'ACTION_UNKNOWN',
        `No plugin that serves offers "${request.plugin}/${request.action}"`,
      )
    if (!mayRun(plugin, action, request.user))
      throw new PlugbayError('FORBIDDEN', `The user may not run "${request.plugin}/${request.action}"`)
    const offered = { plugin, action }
    const object = await this.#objectOf(contextOf(action), request)
    return { offered, caller: this.#callerOf(offered, object, request) }
  }

  async #objectOf(context: string, asked: ActionUser & Partial<ActionObject>): Promise<unknown> {
    return 'object' in asked
      ? await this.#objects.checked(context, asked.object ?? null)
      : await this.#objects.find(context, 'objectId' in asked ? asked.objectId : undefined, asked.user)
  }

  #callerOf(
    { action }: OfferedAction,
    object: unknown,
    { user, language, signal }: ActionUser,
  ): ActionCaller {
    return {
      action: { id: action.id, context: contextOf(action), object },
      user,
      language: this.#parts.languages.of(language),
      signal,
    }
  }

  /** @throws PlugbayError ARGUMENTS_INVALID, or the code of a failure of the plugin */
  async #checked(
    offered: OfferedAction,
    given: ActionArguments,
    caller: ActionCaller,
  ): Promise<ActionArguments> {
    const args = accepted(await this.#fits(offered, given, caller))
    if (!(await hasHandler(offered, 'check'))) return args
    const answer = await callCheck(targetOf(offered), args, caller)
    if ('code' in answer) throw failure(offered, answer.code)
    if (!answer.ok) throw invalid(answer.problems)
    // What the plugin made of them is held to its own form.
    return answer.args === undefined ? args : accepted(await this.#fits(offered, answer.args, caller))
  }

  async #fits(
    { action }: OfferedAction,
    given: ActionArguments,
    { user }: ActionCaller,
  ): Promise<CheckedArguments> {
    return await this.#arguments.check(given, withAutomatic(action.arguments), async (context, id) =>
      this.#objects.find(context, id, user).then(
        () => true,
        (error) => {
          if (error instanceof PlugbayError && error.code === 'OBJECT_UNKNOWN') return false
          throw error
        },
      ),
    )
  }
}

async function readinessOf(offered: OfferedAction, caller: ActionCaller): Promise<Readiness> {
  if (offered.plugin.runner === null) return { ready: false, reason: 'The plugin has no backend' }
  try {
    return (await hasHandler(offered, 'ready')) ? await callReady(targetOf(offered), caller) : { ready: true }
  } catch (error) {
    // A plugin that does not start leaves the list of the others as it is.
    if (!(error instanceof InstanceFailure)) throw error
    return { ready: false, reason: 'The plugin does not start' }
  }
}

async function hasHandler({ plugin, action }: OfferedAction, name: 'ready' | 'check'): Promise<boolean> {
  const { runner } = plugin
  if (runner === null) return false
  return (runner.exports ?? (await runner.verify())).includes(`actions.${action.id}.${name}`)
}

/** @throws PlugbayError PLUGIN_UNAVAILABLE without a backend */
function targetOf({ plugin }: OfferedAction): GuestCallTarget {
  const { runner } = plugin
  if (runner === null) throw new PlugbayError('PLUGIN_UNAVAILABLE', 'The plugin has no backend')
  return { runner, reportError: (error, requestId) => plugin.reportError(error, requestId) }
}

/** @throws PlugbayError ARGUMENTS_INVALID */
function accepted(checked: CheckedArguments): ActionArguments {
  if (!checked.ok) throw invalid(checked.problems)
  return checked.args
}

function invalid(problems: readonly ArgumentProblem[]): PlugbayError {
  const [first] = problems
  const where = first?.field === undefined ? '' : `"${first.field}": `
  return new PlugbayError('ARGUMENTS_INVALID', `${where}${first?.message ?? 'The arguments are not valid'}`, {
    problems: problems.map(({ field, message }) => ({
      code: 'ARGUMENTS_INVALID',
      message,
      ...(field !== undefined && { pointer: `/${field.replaceAll('~', '~0').replaceAll('/', '~1')}` }),
    })),
  })
}

/** Users see that it failed; the log of the plugin says why. */
function failure({ plugin, action }: OfferedAction, code: ErrorCode): PlugbayError {
  return new PlugbayError(code, `The plugin "${plugin.id}" failed in the action "${action.id}"`)
}
