// The next repetition of a task: the same task, later.

import { randomUUID } from 'node:crypto'
import type { NewTask, TaskRecord } from '../../plugin-store/tasks/task-records.ts'

export function followingTask(task: TaskRecord, dueMs: number): NewTask {
  const { pluginId, name, key, queue, priority, weight, isExclusive, level, spec } = task
  return {
    ...{ pluginId, name, key, queue, priority, weight, isExclusive, level },
    spec: { ...spec, startedBy: { kind: 'schedule', name: pluginId ?? 'server' } },
    id: randomUUID(),
    runAtMs: dueMs,
    dueMs,
    afterId: null,
  }
}
