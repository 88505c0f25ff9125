// Background tasks: work without a visitor, at a time, again and again, and after a restart of the server too.

import type { TaskState } from '../protocol/task-states.ts'
import type { Context, Env } from './env.ts'
import type { ManifestField } from './manifest-values.ts'

export interface TaskBackoff {
  /** Before the first retry. */
  readonly seconds: number
  /** For each further one, that many times as long; 1 by default. */
  readonly factor?: number
  readonly maxSeconds?: number
}

export interface TaskOptions {
  /** From now to the first run; 0 by default. */
  readonly delaySeconds?: number
  /** When to run first: a Date, milliseconds since the epoch, or ISO 8601. Instead of `delaySeconds`. */
  readonly at?: Date | number | string
  /** Between runs, counted from the first; 0 for a task that runs once. What was missed is not made up for. */
  readonly repeatSeconds?: number
  /** Five fields: "0 3 * * *". Instead of `repeatSeconds` and `delaySeconds`. */
  readonly cron?: string
  /** Of `cron`: "Europe/Paris"; that of the server by default. */
  readonly timeZone?: string
  /** No repetition begins later. */
  readonly repeatUntil?: Date | number | string
  /** What it is about: tasks of one name and key never run at the same time. */
  readonly key?: string
  /**
   * What happens while one of the same name and key (without a key: the same arguments) has not finished. `add`: both run. `replace`: a
   * waiting one goes, and a running one is the last of its repetitions. `reschedule`: a waiting one gets the new time. `skip`: nothing.
   * Default: `replace` for what repeats or has a key, else `add`.
   */
  readonly dedupe?: 'add' | 'replace' | 'reschedule' | 'skip'
  /** Another word for `dedupe`: true for "replace", false for "add". */
  readonly replaceExisting?: boolean
  /** Lower runs first, 0 to 100; 5 by default. */
  readonly priority?: number
  /** Name of a queue of the plugin: 100 of weight run in it at the same time. "default" by default. */
  readonly queue?: string
  /** 1 to 100; 1 by default. */
  readonly weight?: number
  /** Runs alone in its queue. */
  readonly exclusive?: boolean
  /** Failed attempts until it is given up; 25 by default. Repetitions go on. */
  readonly maxAttempts?: number
  /** Time to the next attempt; by default attempts^4 + 5 seconds. */
  readonly backoff?: TaskBackoff
  readonly deadlineSeconds?: number
  /** Id of a task that must succeed before. If it fails, this one is cancelled. */
  readonly runAfter?: string
}

export interface ScheduledTask {
  readonly id: string
  /** What has become of it; the id of what was `rescheduled` or `skipped` is that of the other one. */
  readonly outcome: 'added' | 'replaced' | 'rescheduled' | 'skipped'
}

export interface TaskInfo {
  readonly id: string
  readonly name: string
  readonly key: string | null
  readonly queue: string
  readonly state: TaskState
  /** ISO 8601. */
  readonly runAt: string
  readonly attempts: number
  /** 0 to 1. */
  readonly progress: number | null
  readonly message: string | null
  readonly result: unknown
  readonly problem: { readonly code: string; readonly message: string } | null
}

export interface Tasks {
  /**
   * Schedules a task of the manifest. It is stored when the promise resolves. Rejects with `TASK_INVALID` for a name that the manifest
   * does not declare, arguments that do not match their schema, and options that are not valid; with `QUOTA_EXCEEDED` when too many
   * have not finished. See [tasks.md](tasks.md).
   */
  schedule<Name extends keyof TaskValues & string>(
    name: Name,
    args?: TaskArguments<Name>,
    options?: TaskOptions,
  ): Promise<ScheduledTask>
  /** Cancels an own task: a waiting one at once, a running one by its signal. False for one that has finished or does not exist. */
  cancel(id: string): Promise<boolean>
  /** Own tasks, newest first; at most 200. */
  list(filter?: {
    readonly name?: TaskNames
    readonly state?: TaskState
    readonly limit?: number
  }): Promise<readonly TaskInfo[]>
}

/** Lines below the level of the task are not kept; an administrator may change the level while it runs. */
export interface TaskLog {
  trace(...values: unknown[]): void
  debug(...values: unknown[]): void
  info(...values: unknown[]): void
  warn(...values: unknown[]): void
  error(...values: unknown[]): void
  critical(...values: unknown[]): void
  /** Kept whatever the level is. */
  always(...values: unknown[]): void
  /** Whether lines of the level are kept: "TRACE", "DEBUG", … */
  isKept(level: string): boolean
}

/** One run of a task. */
export interface Task<Args = unknown> {
  readonly id: string
  readonly name: string
  readonly args: Args
  readonly key: string | null
  /** 1 for the first. */
  readonly attempt: number
  readonly maxAttempts: number
  /** ISO 8601: when it was to run. */
  readonly scheduledFor: string
  readonly startedBy: {
    readonly kind: 'user' | 'plugin' | 'schedule'
    readonly name: string
    /** The user whose request, or whose task, has scheduled it by `env.tasks.schedule()`. */
    readonly user?: string
  }
  /** Aborted when the task is cancelled or its deadline passes; the backend is stopped if it then goes on for 5 s. */
  readonly signal: AbortSignal
  /** What the run before has stored by `checkpoint()`; null without any. */
  readonly state: unknown
  readonly log: TaskLog
  /** @param fraction 0 to 1 */
  progress(fraction: number, message?: string): void
  /** How far the current part has come. @param fraction 0 to 1 */
  partProgress(fraction: number): void
  /** Marks that something was done: a task that did nothing can be swept away. */
  worked(): void
  /** Marks that an administrator should look at it; the task ends with the state `warning`. */
  warning(message: string): void
  /** Marks that it has failed and should not be tried again. */
  failure(message: string): void
  /**
   * Stores JSON that the next attempt gets as `state`. Resolves when it is stored. When another release serves meanwhile, this run ends
   * here, with a rejection, and goes on in that release.
   */
  checkpoint(state: unknown): Promise<void>
}

/** The result is kept with the task. */
export type TaskHandler<Args = unknown> = (task: Task<Args>, env: Env, ctx: Context) => unknown

type TaskValues = ManifestField<'tasks', Record<string, unknown>>

/** The tasks of the manifest. */
export type TaskNames = keyof TaskValues & string

type TaskArguments<Name extends TaskNames> = TaskValues[Name]

/** By name of the task. What a handler says of arguments that the manifest does not describe, is believed. */
export type TaskHandlers = {
  readonly [Name in TaskNames]: (
    task: Task<unknown extends TaskArguments<Name> ? never : TaskArguments<Name>>,
    env: Env,
    ctx: Context,
  ) => unknown
}
