// Tasks and their lines in the shapes of the admin API.

import type { TaskLine, TaskProgress, TaskRecord } from '../../plugin-store/tasks/task-records.ts'
import type { TaskLogLevel, TaskLogLine, TaskView } from '../../sdk/api/tasks.ts'
import { TASK_LEVELS, type TaskLevel, type TaskLevelName } from '../../sdk/protocol/task-levels.ts'

interface Newer {
  readonly progress: TaskProgress | undefined
  readonly worked: boolean
}

/** @param run its run, which knows more than what is stored */
export function viewOf(task: TaskRecord, run: Newer | undefined): TaskView {
  const { id, name, queue, state, priority, weight, attempts, worked, problem, result, spec } = task
  const { args, repeat, maxAttempts, startedBy, action } = spec
  return {
    ...{ id, name, queue, state, priority, weight, attempts, problem, result },
    ...{ args, repeat, maxAttempts, startedBy },
    // The object may be large, and it is in no list.
    action: action === undefined ? null : { id: action.id, context: action.context },
    worked: worked || run?.worked === true,
    plugin: task.pluginId,
    key: keyOf(task),
    exclusive: task.isExclusive,
    runAt: iso(task.runAtMs),
    scheduledFor: iso(task.dueMs),
    runAfter: task.afterId,
    progress: run?.progress ?? task.progress,
    // ALWAYS cannot be chosen.
    level: nameOf(task.level) as TaskLogLevel,
    createdAt: iso(task.createdAtMs),
    startedAt: task.startedAtMs === null ? null : iso(task.startedAtMs),
    finishedAt: task.finishedAtMs === null ? null : iso(task.finishedAtMs),
  }
}

/** The key that was given: those of the manifest and of arguments are ours. */
export function keyOf({ key }: Pick<TaskRecord, 'key'>): string | null {
  return key === '' || key?.startsWith('args:') === true ? null : key
}

export function lineView({ number, timeMs, level, text }: TaskLine): TaskLogLine {
  return { number, time: iso(timeMs), level: nameOf(level), text }
}

function nameOf(level: TaskLevel): TaskLevelName {
  const [name = 'INFO'] = (Object.keys(TASK_LEVELS) as TaskLevelName[]).filter(
    (each) => TASK_LEVELS[each] === level,
  )
  return name
}

/** A guest may name any time. */
function iso(ms: number): string {
  return new Date(Math.min(ms, 8.64e15)).toISOString()
}
