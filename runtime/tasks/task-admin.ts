// What administrators do with tasks. Every change has a row in the audit log.

import type { Actor, AuditLog } from '../../plugin-store/store.ts'
import type { TaskRecord } from '../../plugin-store/tasks/task-records.ts'
import type { TaskFilter, TaskStore } from '../../plugin-store/tasks/task-store.ts'
import type { Page } from '../../sdk/api/lists.ts'
import type { TaskLogLevel, TaskLogLine, TaskQuery, TaskRequest, TaskView } from '../../sdk/api/tasks.ts'
import type { ScheduledTask } from '../../sdk/plugin-api/tasks.ts'
import { TASK_LEVELS } from '../../sdk/protocol/task-levels.ts'
import { PlugbayError } from '../errors.ts'
import type { BackgroundTasks } from './background-tasks.ts'
import { lineView, viewOf } from './task-view.ts'

/** The subject of the audit log for tasks of the server itself. */
const SERVER = 'server'

export interface TaskAdminParts {
  readonly tasks: BackgroundTasks
  readonly store: TaskStore
  readonly audit: Pick<AuditLog, 'append'>
}

/** Every method with an id rejects with TASK_UNKNOWN; those that change something, with TASK_CONFLICT. */
export interface TaskAdmin {
  list(query: TaskQuery): Promise<Page<TaskView>>
  get(id: string): Promise<TaskView>
  /** Lines after a number, oldest first. */
  lines(id: string, after: number): Promise<readonly TaskLogLine[]>
  /** Calls back for lines as they are stored, and when the task has changed. Returns the function that ends it. */
  watch(id: string, watcher: { line(line: TaskLogLine): void; changed(): void }): () => void
  /** Rejects with TASK_INVALID, QUOTA_EXCEEDED or PLUGIN_UNAVAILABLE. */
  schedule(request: TaskRequest, actor: Actor): Promise<ScheduledTask>
  cancel(id: string, actor: Actor): Promise<TaskView>
  /** Before all others, when it is due. */
  promote(id: string, actor: Actor): Promise<TaskView>
  runNow(id: string, actor: Actor): Promise<TaskView>
  retry(id: string, actor: Actor): Promise<TaskView>
  setLevel(id: string, level: TaskLogLevel, actor: Actor): Promise<TaskView>
  /** Deletes finished tasks, of one plugin or of all. @param kind `sweep`: only those that did nothing and had no warning */
  clean(kind: 'clean' | 'sweep', plugin: string | undefined, actor: Actor): Promise<number>
}

export function createTaskAdmin({ tasks, store, audit }: TaskAdminParts): TaskAdmin {
  const found = async (id: string): Promise<TaskRecord> => {
    const task = await store.get(id)
    if (task === undefined) throw new PlugbayError('TASK_UNKNOWN', `There is no task "${id}"`)
    return task
  }
  const view = (task: TaskRecord): TaskView => viewOf(task, tasks.run(task.pluginId, { id: task.id }))
  const viewWithObject = (task: TaskRecord): TaskView => {
    const { action } = task.spec
    return { ...view(task), ...(action !== undefined && { action }) }
  }
  /** Makes a change that the state of the task may not allow. */
  const change = async (
    id: string,
    what: { readonly action: string; readonly actor: Actor; readonly needs: string },
    make: (task: TaskRecord) => Promise<boolean>,
  ): Promise<TaskView> => {
    const task = await found(id)
    if (!(await make(task)))
      throw new PlugbayError('TASK_CONFLICT', `The task is "${(await found(id)).state}": ${what.needs}`)
    const { actor, action } = what
    await audit.append(task.pluginId ?? SERVER, { actor, action, detail: { task: id, name: task.name } })
    tasks.wake(task.pluginId)
    tasks.watchers.changed(id)
    return view(await found(id))
  }
  const WAITS = 'only one that waits can be moved'
  return {
    async list({ plugin, state, name, queue, ...page }) {
      const filter: TaskFilter = {
        ...(plugin !== undefined && { pluginId: plugin }),
        ...(state !== undefined && { states: [state] }),
        ...(name !== undefined && { name }),
        ...(queue !== undefined && { queue }),
      }
      const { items, nextCursor } = await store.list({ ...page, ...filter })
      return { items: items.map(view), nextCursor }
    },
    get: async (id) => viewWithObject(await found(id)),
    lines: async (id, after) => (await store.lines((await found(id)).seq, after)).map(lineView),
    watch: (id, { line, changed }) =>
      tasks.watchers.watch(id, { line: (each) => line(lineView(each)), changed }),
    async schedule({ plugin, name, args, options }, actor) {
      const startedBy = { kind: 'user', name: nameOf(actor) } as const
      const scheduled = await tasks.schedule(plugin, name, { args, options, startedBy })
      await audit.append(plugin, { actor, action: 'task.schedule', detail: { task: scheduled.id, name } })
      return scheduled
    },
    cancel: (id, actor) =>
      change(id, { action: 'task.cancel', actor, needs: 'it has finished' }, async ({ pluginId }) => {
        const state = await store.cancel(id, tasks.now())
        const run = tasks.run(pluginId, { id })
        run?.log.always(`Cancelled by user "${nameOf(actor)}"`)
        run?.stop('cancelled')
        return state !== undefined
      }),
    promote: (id, actor) =>
      change(id, { action: 'task.promote', actor, needs: WAITS }, () => store.change(id, { priority: 0 })),
    runNow: (id, actor) =>
      change(id, { action: 'task.run', actor, needs: WAITS }, () =>
        store.change(id, { runAtMs: tasks.now() }),
      ),
    retry: (id, actor) =>
      change(
        id,
        { action: 'task.retry', actor, needs: 'only one of a plugin that has finished can be run again' },
        // Who may ask for those of the server is up to their own routes.
        async ({ pluginId }) => pluginId !== null && (await store.retry(id, tasks.now())),
      ),
    setLevel: (id, level, actor) =>
      change(id, { action: 'task.level', actor, needs: 'it is gone' }, async ({ pluginId }) => {
        tasks.run(pluginId, { id })?.setLevel(TASK_LEVELS[level])
        return await store.setLevel(id, TASK_LEVELS[level])
      }),
    async clean(kind, plugin, actor) {
      const deleted = await store.clean({
        ...(plugin !== undefined && { pluginId: plugin }),
        ...(kind === 'sweep' && { unworked: true }),
      })
      await audit.append(plugin ?? '*', { actor, action: `task.${kind}`, detail: { deleted } })
      return deleted
    },
  }
}

function nameOf(actor: Actor): string {
  return typeof actor === 'string' ? actor : actor.name
}
