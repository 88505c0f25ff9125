// The states of a task, in one list.

export const TASK_STATES = [
  'waiting',
  'running',
  'cancelling',
  'succeeded',
  'warning',
  'failed',
  'cancelled',
] as const

export type TaskState = (typeof TASK_STATES)[number]

/** It will not change any more. */
export type FinishedState = Exclude<TaskState, 'waiting' | 'running' | 'cancelling'>
