// The error codes of background tasks.

import type { ErrorRow } from './error-row.ts'

export const TASK_ERRORS = {
  // Tasks
  TASK_INVALID: {
    status: 422,
    title: 'The task cannot be scheduled so',
    audience: 'author',
    hint: 'Compare name, arguments and options with the manifest and docs/tasks.md',
  },
  TASK_UNKNOWN: {
    status: 404,
    title: 'There is no such task',
    audience: 'operator',
    hint: 'GET /api/v1/tasks lists them; finished ones are deleted after "tasks.historyDays"',
  },
  TASK_CONFLICT: {
    status: 409,
    title: 'The task is in a state that does not allow this',
    audience: 'operator',
    hint: 'Look at its state: what waits can be promoted, what has finished can be retried',
  },
  TASK_DEADLINE: {
    status: 504,
    title: 'The task did not end in time',
    audience: 'author',
    hint: 'Do less in one run, ask for a longer "deadlineSeconds", and watch "task.signal"',
  },
  TASK_INTERRUPTED: {
    status: 500,
    title: 'The server stopped while the task ran',
    audience: 'operator',
    hint: 'Give the command again: nothing of the server itself begins again by itself',
  },
  TASK_LOST: {
    status: 409,
    title: 'The run is not the one that holds the task',
    audience: 'plugin',
    hint: 'End the handler: the task runs somewhere else, or has been put back',
  },
} as const satisfies Record<string, ErrorRow>
