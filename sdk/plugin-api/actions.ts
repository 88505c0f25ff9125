// Handlers of actions: what users start on an object of the application, with arguments.

import type { Context, Env } from './env.ts'
import type { ManifestField } from './manifest-values.ts'
import type { TaskNames, TaskOptions } from './tasks.ts'

/** The contexts of the application and the types of their objects. `plugbay types` writes them for a host: see [actions.md](actions.md). */
export interface ContextValues {}

interface ActionOn<Context, Value> {
  /** As the manifest names it. */
  readonly id: string
  /** "general", or a context of the application. */
  readonly context: Context
  /** The object as the application describes it: JSON; null in "general". */
  readonly object: Value
}

/** `ctx.action` of the handlers of an action. With the types of a host, the context tells the type of the object. */
export type ActionCall = keyof ContextValues extends never
  ? ActionOn<string, unknown>
  : { readonly [Name in keyof ContextValues]: ActionOn<Name, ContextValues[Name]> }[keyof ContextValues]

/** The arguments of an action: every field that has a value, defaults included. */
export type ActionArguments = Readonly<Record<string, unknown>>

export interface ArgumentProblem {
  /** The argument; absent where the problem is not that of one. */
  readonly field?: string
  readonly message: string
}

/** Nothing where all is well, or problems, or the arguments in the form in which `run` gets them. */
export type CheckResult =
  | undefined
  | { readonly problems: readonly (string | ArgumentProblem)[] }
  | { readonly args: ActionArguments }

/** A task of the manifest that an action starts. It has the same `ctx.action`, `ctx.user` and `ctx.folders`. */
export interface TaskRequest extends TaskOptions {
  readonly task: TaskNames
  readonly args?: unknown
}

/** Nothing, a text for the user, the tasks to start, or both. */
export type ActionResult =
  | undefined
  | string
  | TaskRequest
  | readonly TaskRequest[]
  | { readonly message?: string; readonly tasks?: readonly TaskRequest[] }

export interface ActionHandlers<Args = ActionArguments> {
  /** Whether the action can be run now: false, or a text that says why not. It is shown, and enforced when the action is run. */
  ready?(env: Env, ctx: Context): unknown
  /** Called when a form is filled in, and before `run`. What the manifest says of the arguments has been checked. */
  check?(args: Args, env: Env, ctx: Context): CheckResult | Promise<CheckResult>
  /** Does what is quick, and returns tasks for what is not: none, one or many. A text is shown to the user. */
  run(args: Args, env: Env, ctx: Context): ActionResult | Promise<ActionResult>
}

type ActionValues = ManifestField<'actions', Record<string, ActionArguments>>

/** By id of the action, with the arguments that the manifest describes. */
export type ActionsByName = { readonly [Name in keyof ActionValues]: ActionHandlers<ActionValues[Name]> }
