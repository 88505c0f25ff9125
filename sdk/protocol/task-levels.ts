// The levels of lines in the log of a task, and their order.

export const TASK_LEVELS = {
  TRACE: 0,
  DEBUG: 10,
  INFO: 20,
  WARN: 30,
  ERROR: 40,
  CRITICAL: 50,
  /** Kept whatever level is chosen. */
  ALWAYS: 100,
} as const

export type TaskLevelName = keyof typeof TASK_LEVELS
export type TaskLevel = (typeof TASK_LEVELS)[TaskLevelName]

export const DEFAULT_TASK_LEVEL: TaskLevel = TASK_LEVELS.INFO

export function isTaskLevel(value: unknown): value is TaskLevel {
  return Object.values<unknown>(TASK_LEVELS).includes(value)
}
