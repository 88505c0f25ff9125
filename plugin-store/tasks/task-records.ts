// Tasks as the store keeps them. Times are milliseconds since the epoch.

import type { TaskLevel } from '../../sdk/protocol/task-levels.ts'
import type { FinishedState, TaskState } from '../../sdk/protocol/task-states.ts'
import type { Lease } from '../leased-queue.ts'

/** How often it runs again. */
export type TaskRepeat =
  | { readonly seconds: number }
  | { readonly cron: string; readonly timeZone: string | null }

/** Delay of the retry after a failed attempt: `seconds`, times `factor` for each further one, at most `maxSeconds`. */
export interface TaskBackoff {
  readonly seconds: number
  readonly factor: number
  readonly maxSeconds: number
}

export interface TaskStarter {
  readonly kind: 'user' | 'plugin' | 'schedule'
  /** Of the user or plugin; for a schedule, that of the plugin. */
  readonly name: string
  /** The user for whom the plugin has scheduled it. */
  readonly user?: string
}

/** What no query looks for. */
export interface TaskSpec {
  /** JSON. */
  readonly args: unknown
  readonly repeat: TaskRepeat | null
  readonly repeatUntilMs: number | null
  readonly maxAttempts: number
  /** null: attempts^4 + 5 seconds. */
  readonly backoff: TaskBackoff | null
  readonly deadlineSeconds: number
  readonly startedBy: TaskStarter
  /** The action that it belongs to, with the object that this was run on. Absent without one. */
  readonly action?: { readonly id: string; readonly context: string; readonly object: unknown }
}

/** The plugin whose task it is; null: the server itself. */
export type TaskSource = string | null

export interface NewTask {
  readonly id: string
  readonly pluginId: TaskSource
  readonly name: string
  /** What it is about: tasks of one name and key never run at the same time. */
  readonly key: string | null
  readonly queue: string
  readonly priority: number
  readonly weight: number
  readonly isExclusive: boolean
  readonly runAtMs: number
  /** When it is to run by its schedule: the next repetition counts from it. */
  readonly dueMs: number
  /** The task that it waits for. */
  readonly afterId: string | null
  readonly level: TaskLevel
  readonly spec: TaskSpec
}

export interface TaskProgress {
  /** 0 to 1. */
  readonly fraction: number
  /** Of the current part, 0 to 1. */
  readonly part: number | null
  readonly message: string | null
}

export interface TaskProblem {
  readonly code: string
  readonly message: string
}

/** A task of the server that a stop or a crash has cut off. */
export const INTERRUPTED: TaskProblem = {
  code: 'TASK_INTERRUPTED',
  message: 'The server stopped while it ran',
}

export interface TaskRecord extends NewTask {
  readonly seq: number
  readonly state: TaskState
  /** Another one has taken its place: nothing follows it. */
  readonly isReplaced: boolean
  readonly attempts: number
  readonly worked: boolean
  readonly progress: TaskProgress | null
  readonly checkpoint: unknown
  readonly result: unknown
  readonly problem: TaskProblem | null
  readonly createdAtMs: number
  /** Of the last attempt. */
  readonly startedAtMs: number | null
  readonly finishedAtMs: number | null
}

/** A task that was taken, with the lease on it. */
export interface TakenTask {
  readonly task: TaskRecord
  readonly lease: Lease
}

/** What scheduling does while one of the same name and key waits. */
export type Dedupe = 'add' | 'replace' | 'reschedule' | 'skip'

export interface Scheduled {
  readonly id: string
  readonly outcome: 'added' | 'replaced' | 'rescheduled' | 'skipped'
}

/** How an attempt ended for good. */
export interface TaskEnd {
  readonly state: FinishedState
  readonly attempts: number
  readonly problem: TaskProblem | null
  readonly result: unknown
  readonly worked: boolean
  readonly progress: TaskProgress | null
  /** Its next repetition. */
  readonly next: NewTask | null
}

/** Back to waiting: for a retry, or after an interruption. */
export interface TaskReturn {
  readonly runAtMs: number
  readonly attempts: number
  readonly problem: TaskProblem | null
  readonly worked: boolean
}

export interface TaskLine {
  readonly number: number
  readonly timeMs: number
  readonly level: TaskLevel
  readonly text: string
}
