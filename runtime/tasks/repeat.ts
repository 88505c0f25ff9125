// When a task runs again: its next repetition on a fixed grid, or its next attempt.
// Invariant: the grid counts from the time that was planned, never from when a run began or ended, and what was missed is skipped.

import type { TaskBackoff, TaskSpec } from '../../plugin-store/tasks/task-records.ts'
import { nextCron } from './cron.ts'

/** The first repetition after `dueMs` that is not over; undefined when there is none. */
export function nextDue(
  { repeat, repeatUntilMs }: Pick<TaskSpec, 'repeat' | 'repeatUntilMs'>,
  dueMs: number,
  nowMs: number,
): number | undefined {
  if (repeat === null) return undefined
  const next =
    'seconds' in repeat
      ? dueMs + Math.max(1, Math.ceil((nowMs - dueMs) / (repeat.seconds * 1000))) * repeat.seconds * 1000
      : nextCron(repeat, Math.max(dueMs, nowMs))
  return next === undefined || (repeatUntilMs !== null && next > repeatUntilMs) ? undefined : next
}

/** Time from a failed attempt to the next. @param attempts failed ones so far, from 1 */
export function backoffMs(backoff: TaskBackoff | null, attempts: number): number {
  const seconds =
    backoff === null
      ? attempts ** 4 + 5
      : Math.min(backoff.maxSeconds, backoff.seconds * backoff.factor ** (attempts - 1))
  return Math.round(seconds * 1000)
}
