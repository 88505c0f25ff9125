// What runtime and guest say to each other about a run of a task; plain data.

import type { TaskLevel } from './task-levels.ts'

/** The argument of the guest call "task.run". The guest makes the object of the handler from it. */
export interface TaskHead {
  readonly ref: RunRef
  readonly id: string
  readonly name: string
  /** JSON. */
  readonly args: unknown
  readonly key: string | null
  /** From 1. */
  readonly attempt: number
  readonly maxAttempts: number
  /** ISO 8601: when it was to run. */
  readonly scheduledFor: string
  readonly startedBy: {
    readonly kind: 'user' | 'plugin' | 'schedule'
    readonly name: string
    /** For whom the plugin has scheduled it. */
    readonly user?: string
  }
  /** JSON: what the run before has stored by task.checkpoint(). */
  readonly checkpoint: unknown
  /** Lines below this level are not sent. */
  readonly level: TaskLevel
}

/** Names a run in host calls: a task, and the fencing number of its lease. */
export type RunRef = readonly [id: string, epoch: number]

/** What a run tells of itself; the newest of each kind. */
export interface TaskReport {
  readonly lines?: readonly ReportedLine[]
  /** Lines that were not sent. */
  readonly dropped?: number
  readonly progress?: {
    readonly fraction: number
    readonly part: number | null
    readonly message: string | null
  }
  readonly worked?: boolean
  readonly warning?: string
  readonly failure?: string
}

export type ReportedLine = readonly [level: TaskLevel, text: string, timeMs: number]

/** The reply of "task.run". */
export type TaskReply =
  | { readonly ok: true; readonly value: unknown; readonly report: TaskReport }
  | {
      readonly ok: false
      readonly error: { readonly name: string; readonly message: string; readonly stack: string }
      readonly report: TaskReport
    }

/** The data of the event "task.changed": the signal to stop, or another level of the log. */
export interface TaskChange {
  readonly ref: RunRef
  readonly stop?: 'cancelled' | 'deadline' | 'stopping'
  readonly level?: TaskLevel
}

/** Lines of one report; what exceeds that is dropped and counted. */
export const MAX_REPORT_LINES = 100
/**
 * One line of a task's log, in characters.
 * @limit tasks: one line of the log, in characters
 * @passed it is cut
 */
export const MAX_LINE_TEXT = 500
export const MAX_MESSAGE = 500
