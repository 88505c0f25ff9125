// What follows from an attempt: the task has ended, or waits again. A pure function.
// Invariant: repetitions never depend on success; only what is the task's own fault counts as a failed attempt.

import {
  INTERRUPTED,
  type NewTask,
  type TaskEnd,
  type TaskProblem,
  type TaskRecord,
  type TaskReturn,
} from '../../plugin-store/tasks/task-records.ts'
import { followingTask } from './following-task.ts'
import { backoffMs, nextDue } from './repeat.ts'

export type StopReason = 'cancelled' | 'deadline'

export interface Attempt {
  readonly outcome:
    | { readonly ok: true; readonly value: unknown }
    | { readonly ok: false; readonly error: { readonly name: string; readonly message: string } }
    | { readonly ok: false; readonly code: string; readonly message: string }
  readonly stopReason: StopReason | undefined
  /** Its release is gone, or its backend was stopped because of something else. */
  readonly isInterrupted: boolean
  readonly worked: boolean
  readonly warning: string | undefined
  readonly failure: string | undefined
}

export type Ending = { readonly words: string } & (
  | { readonly kind: 'end'; readonly end: Omit<TaskEnd, 'progress'> }
  | { readonly kind: 'back'; readonly back: TaskReturn }
)

/** Whether the attempt counts as a failed one. */
export function isFailure({ attempts }: TaskRecord, ending: Ending): boolean {
  return (ending.kind === 'end' ? ending.end : ending.back).attempts > attempts
}

/** The call was not made: the backend is busy, over its CPU limit, or does not start. */
const LATER: ReadonlySet<string> = new Set(['GUEST_BUSY', 'GUEST_THROTTLED', 'PLUGIN_UNAVAILABLE'])
const LATER_MS = 5000

export function endingOf(task: TaskRecord, attempt: Attempt, nowMs: number): Ending {
  const { outcome, stopReason, failure, warning, worked } = attempt
  const end = (state: TaskEnd['state'], problem: TaskProblem | null, words: string): Ending => ({
    kind: 'end',
    words,
    end: {
      ...{ state, problem, worked },
      attempts: task.attempts + (state === 'failed' ? 1 : 0),
      result: outcome.ok ? outcome.value : null,
      next: state === 'cancelled' ? null : next(task, nowMs),
    },
  })
  if (stopReason === 'cancelled') return end('cancelled', null, 'Task cancelled')
  if (outcome.ok) {
    if (failure !== undefined)
      return end('failed', { code: 'GUEST_ERROR', message: failure }, `Task failed: ${failure}`)
    if (warning !== undefined)
      return end(
        'warning',
        { code: 'GUEST_ERROR', message: warning },
        `Finished task, with a warning: ${warning}`,
      )
    return end('succeeded', null, 'Finished task')
  }
  const problem = problemOf(outcome, task, stopReason)
  const back = (runAtMs: number, attempts: number, words: string): Ending => ({
    kind: 'back',
    words,
    back: { runAtMs, attempts, problem: attempts === task.attempts ? task.problem : problem, worked },
  })
  const isInterrupted = attempt.isInterrupted && stopReason === undefined
  if (isInterrupted && task.pluginId === null)
    return end('failed', INTERRUPTED, `Task failed: ${INTERRUPTED.message}`)
  if (isInterrupted) return back(nowMs, task.attempts, 'The run was interrupted, and begins again')
  if (LATER.has(problem.code))
    return back(nowMs + LATER_MS, task.attempts, `The task waits: ${problem.message}`)
  const attempts = task.attempts + 1
  const words = `Task failed: ${problem.message}`
  if (failure !== undefined || problem.code === 'HANDLER_MISSING' || attempts >= task.spec.maxAttempts)
    return end('failed', problem, words)
  const retryMs = nowMs + backoffMs(task.spec.backoff, attempts)
  const following = nextDue(task.spec, task.dueMs, nowMs)
  // The next repetition takes the place of a retry that would come no sooner.
  if (following !== undefined && following <= retryMs) return end('failed', problem, words)
  return back(retryMs, attempts, `${words}; it is tried again in ${Math.ceil((retryMs - nowMs) / 1000)} s`)
}

function next(task: TaskRecord, nowMs: number): NewTask | null {
  const dueMs = nextDue(task.spec, task.dueMs, nowMs)
  return dueMs === undefined ? null : followingTask(task, dueMs)
}

function problemOf(
  outcome: Exclude<Attempt['outcome'], { readonly ok: true }>,
  task: TaskRecord,
  stopReason: StopReason | undefined,
): TaskProblem {
  if (stopReason === 'deadline')
    return { code: 'TASK_DEADLINE', message: `It did not end within ${task.spec.deadlineSeconds} s` }
  if ('code' in outcome) return { code: outcome.code, message: outcome.message.slice(0, MAX_TEXT) }
  const { name, message } = outcome.error
  return { code: 'GUEST_ERROR', message: `${name}: ${message}`.slice(0, MAX_TEXT) }
}

const MAX_TEXT = 1000
