// What plugins may do with tasks: their own only. Behind the host calls of runtime/host-calls/tasks.ts.

import { setTimeout as wait } from 'node:timers/promises'
import type { TaskRecord } from '../../plugin-store/tasks/task-records.ts'
import type { TaskStore } from '../../plugin-store/tasks/task-store.ts'
import type { TaskInfo } from '../../sdk/plugin-api/tasks.ts'
import { PlugbayError } from '../errors.ts'
import type { GuestTasks } from '../host-calls/tasks.ts'
import type { BackgroundTasks } from './background-tasks.ts'
import { parseReport } from './parse-report.ts'
import { lost, type TaskRun } from './task-run.ts'
import { keyOf } from './task-view.ts'

export interface GuestTaskParts {
  readonly tasks: BackgroundTasks
  readonly store: Pick<TaskStore, 'get' | 'cancel' | 'list'>
  /** CPU time that the runtime and its store use for a plugin. */
  readonly charge: (pluginId: string, ms: number) => void
}

/** A run has one report under way: this is the pause between two. */
const REPORT_EVERY_MS = 50
/** What a write to the store costs, about. */
const WRITE_MS = 0.2
const READ_MS = 0.1

export function createGuestTasks({ tasks, store, charge }: GuestTaskParts): GuestTasks {
  const reporting = new Set<TaskRun>()
  const ownRun = (pluginId: string, ref: { readonly id: string; readonly epoch: number }): TaskRun => {
    const run = tasks.run(pluginId, ref)
    if (run === undefined) throw lost()
    return run
  }
  return {
    async schedule(pluginId, name, { args, options, user }) {
      charge(pluginId, WRITE_MS)
      const startedBy = { kind: 'plugin', name: pluginId, ...(user !== null && { user }) } as const
      return await tasks.schedule(pluginId, name, { args, options, startedBy })
    },
    async cancelOwn(pluginId, id) {
      charge(pluginId, WRITE_MS)
      const task = await store.get(id)
      if (task?.pluginId !== pluginId) return false
      const state = await store.cancel(id, tasks.now())
      tasks.run(pluginId, { id })?.stop('cancelled')
      tasks.watchers.changed(id)
      return state !== undefined
    },
    async listOwn(pluginId, { name, state, limit }) {
      charge(pluginId, READ_MS)
      const { items } = await store.list({
        ...{ pluginId, limit },
        ...(name !== undefined && { name }),
        ...(state !== undefined && { states: [state] }),
      })
      return items.map(infoOf)
    },
    async report(pluginId, ref, given) {
      charge(pluginId, READ_MS)
      const run = ownRun(pluginId, ref)
      const report = parseReport(given)
      if (report === undefined) throw new PlugbayError('HOST_CALL_INVALID', 'The report of a task is not one')
      if (reporting.has(run))
        throw new PlugbayError('QUOTA_EXCEEDED', 'A run of a task has one report under way at a time')
      reporting.add(run)
      try {
        const before = run.worked
        run.report(report)
        if (report.progress !== undefined || run.worked !== before) tasks.watchers.changed(ref.id)
        await wait(REPORT_EVERY_MS)
      } finally {
        reporting.delete(run)
      }
    },
    async checkpoint(pluginId, ref, state) {
      charge(pluginId, WRITE_MS)
      await ownRun(pluginId, ref).checkpoint(state)
    },
  }
}

function infoOf(task: TaskRecord): TaskInfo {
  const { id, name, queue, state, attempts, progress, result, problem } = task
  return {
    ...{ id, name, queue, state, attempts, result, problem },
    key: keyOf(task),
    runAt: new Date(task.runAtMs).toISOString(),
    progress: progress?.fraction ?? null,
    message: progress?.message ?? null,
  }
}
