// Background tasks, as administrators see them.

import { TASK_STATES } from '../protocol/task-states.ts'
import { Type } from '../schema.ts'
import { PAGE } from './lists.ts'
import { Anything, orNull, STRICT, Text, Time, type TypeOf } from './shape.ts'

export const TaskStateName = Type.Enum([...TASK_STATES])

/** ALWAYS cannot be chosen: such lines are kept whatever the level is. */
export const TaskLogLevel = Type.Enum(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL'])
export type TaskLogLevel = TypeOf<typeof TaskLogLevel>

const Share = Type.Number({ minimum: 0, maximum: 1 })

export const TaskView = Type.Object(
  {
    id: Text,
    plugin: orNull(Type.String({ description: 'null: a task of the server itself' })),
    name: Text,
    key: orNull(Text),
    queue: Text,
    state: TaskStateName,
    priority: Type.Integer({ description: 'Lower runs first' }),
    weight: Type.Integer(),
    exclusive: Type.Boolean(),
    args: Anything,
    runAt: Time,
    scheduledFor: Type.String({
      format: 'date-time',
      description: 'Its time on the schedule: retries leave it',
    }),
    repeat: orNull(
      Type.Union([
        Type.Object({ seconds: Type.Integer() }, STRICT),
        Type.Object({ cron: Text, timeZone: orNull(Text) }, STRICT),
      ]),
    ),
    runAfter: orNull(Type.String({ description: 'The task that it waits for' })),
    attempts: Type.Integer({ description: 'Failed ones' }),
    maxAttempts: Type.Integer(),
    action: orNull(
      Type.Object(
        {
          id: Text,
          context: Text,
          object: Type.Optional(
            Type.Unknown({ description: 'What it was run on; of one task, not in lists' }),
          ),
        },
        { ...STRICT, description: 'The action of the plugin that has started it' },
      ),
    ),
    startedBy: Type.Object(
      {
        kind: Type.Enum(['user', 'plugin', 'schedule']),
        name: Text,
        user: Type.Optional(Type.String({ description: 'For whom the plugin has scheduled it' })),
      },
      STRICT,
    ),
    progress: orNull(Type.Object({ fraction: Share, part: orNull(Share), message: orNull(Text) }, STRICT)),
    worked: Type.Boolean({ description: 'Whether it has done something' }),
    level: TaskLogLevel,
    problem: orNull(Type.Object({ code: Text, message: Text }, STRICT)),
    result: Anything,
    createdAt: Time,
    startedAt: orNull(Time),
    finishedAt: orNull(Time),
  },
  STRICT,
)
export type TaskView = TypeOf<typeof TaskView>

export const TaskParams = Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$' }) }, STRICT)

const PluginName = Type.String({ minLength: 1, maxLength: 63 })

export const TaskQuery = Type.Object(
  {
    ...PAGE,
    plugin: Type.Optional(PluginName),
    name: Type.Optional(Type.String({ maxLength: 100 })),
    queue: Type.Optional(Type.String({ maxLength: 64 })),
    state: Type.Optional(TaskStateName),
  },
  STRICT,
)
export type TaskQuery = TypeOf<typeof TaskQuery>

export const TaskRequest = Type.Object(
  {
    plugin: PluginName,
    name: Type.String({ minLength: 1, maxLength: 100, description: 'A task that its manifest declares' }),
    args: Type.Optional(Anything),
    options: Type.Optional(
      Type.Object(
        {},
        { additionalProperties: true, description: 'As of env.tasks.schedule(): docs/tasks.md' },
      ),
    ),
  },
  STRICT,
)
export type TaskRequest = TypeOf<typeof TaskRequest>

export const TaskScheduled = Type.Object(
  { id: Text, outcome: Type.Enum(['added', 'replaced', 'rescheduled', 'skipped']) },
  STRICT,
)

export const TaskChangeRequest = Type.Object({ level: TaskLogLevel }, STRICT)

export const TaskCleaning = Type.Object({ plugin: Type.Optional(PluginName) }, STRICT)
export type TaskCleaning = TypeOf<typeof TaskCleaning>

export const TasksDeleted = Type.Object({ deleted: Type.Integer() }, STRICT)

export const TaskLogLine = Type.Object(
  {
    number: Type.Integer({ description: 'Grows by one; older lines may be gone' }),
    time: Time,
    level: Type.Enum(['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'CRITICAL', 'ALWAYS']),
    text: Text,
  },
  STRICT,
)
export type TaskLogLine = TypeOf<typeof TaskLogLine>

export const TaskLogLines = Type.Object({ items: Type.Array(TaskLogLine) }, STRICT)

/** The events of the stream: a line, and the task when it has changed. */
export const TASK_EVENTS = { line: TaskLogLine, task: TaskView }
