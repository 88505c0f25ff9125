// Rows of the table of tasks, to records and back.

import type { TaskLevel } from '../../sdk/protocol/task-levels.ts'
import type { Insertable, Selectable } from '../database/kysely.ts'
import type { TasksTable } from '../database/tables.ts'
import { fromJson, toJson } from '../json-column.ts'
import type { NewTask, TaskRecord } from './task-records.ts'

export function rowOf(task: NewTask, nowMs: number): Insertable<TasksTable> {
  return {
    id: task.id,
    plugin_id: task.pluginId,
    name: task.name,
    key: task.key,
    queue: task.queue,
    state: 'waiting',
    priority: task.priority,
    weight: task.weight,
    exclusive: task.isExclusive ? 1 : 0,
    run_at_ms: task.runAtMs,
    due_ms: task.dueMs,
    after_id: task.afterId,
    level: task.level,
    spec: toJson(task.spec),
    created_at_ms: nowMs,
  }
}

export function recordOf(row: Selectable<TasksTable>): TaskRecord {
  return {
    seq: row.seq,
    id: row.id,
    pluginId: row.plugin_id,
    name: row.name,
    key: row.key,
    queue: row.queue,
    state: row.state,
    priority: row.priority,
    weight: row.weight,
    isExclusive: row.exclusive === 1,
    runAtMs: row.run_at_ms,
    dueMs: row.due_ms,
    afterId: row.after_id,
    isReplaced: row.replaced === 1,
    spec: fromJson(row.spec),
    // Written from a TaskLevel.
    level: row.level as TaskLevel,
    attempts: row.attempts,
    worked: row.worked === 1,
    progress: orNull(row.progress),
    checkpoint: orNull<unknown>(row.checkpoint),
    result: orNull<unknown>(row.result),
    problem: orNull(row.problem),
    createdAtMs: row.created_at_ms,
    startedAtMs: row.started_at_ms,
    finishedAtMs: row.finished_at_ms,
  }
}

function orNull<T>(text: string | null): T | null {
  return text === null ? null : fromJson<T>(text)
}

export function jsonOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : toJson(value)
}
