// A runtime for tests of tasks, plugins whose backend has tasks, and what became of them.

import assert from 'node:assert/strict'
import type { TaskRecord } from '../../plugin-store/tasks/task-records.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { TaskState } from '../../sdk/protocol/task-states.ts'
import { install, until } from '../support/runtime.ts'

export interface TaskPlugin {
  readonly id: string
  readonly version?: string
  /** Bodies by name; task, env and ctx are in scope. */
  readonly tasks: Readonly<Record<string, string>>
  /** Fields of each in the manifest; they run on demand unless it says otherwise. */
  readonly declared?: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Body of fetch; request, env, ctx are in scope. */
  readonly fetch?: string
  /** Code of the module. */
  readonly before?: string
  readonly permissions?: Readonly<Record<string, unknown>>
  readonly manifest?: Readonly<Record<string, unknown>>
}

export function taskPlugin(plugin: TaskPlugin) {
  const { id, version, tasks, declared = {}, fetch, before = '', permissions = {}, manifest = {} } = plugin
  const handlers = Object.entries(tasks)
    .map(([name, body]) => `${JSON.stringify(name)}: async (task, env, ctx) => { ${body} }`)
    .join(', ')
  const serve = fetch === undefined ? '' : `async fetch(request, env, ctx) { ${fetch} },`
  return {
    id,
    ...(version !== undefined && { version }),
    backend: `${before}\nexport default { ${serve} tasks: { ${handlers} } }`,
    manifest: {
      permissions: { tasks: true, kv: true, ...permissions },
      contributes: {
        tasks: Object.keys(tasks).map((name) => ({
          id: name,
          onDemand: declared[name] === undefined,
          ...declared[name],
        })),
      },
      ...manifest,
    },
  }
}

export async function installTasks(runtime: Runtime, plugin: TaskPlugin): Promise<void> {
  await install(runtime, taskPlugin(plugin))
}

/** Schedules a task as its plugin would. */
export async function schedule(
  runtime: Runtime,
  pluginId: string,
  name: string,
  { args = null, ...options }: { readonly args?: unknown; readonly [option: string]: unknown } = {},
): Promise<string> {
  const startedBy = { kind: 'plugin', name: pluginId } as const
  return (await runtime.tasks.schedule(pluginId, name, { args, options, startedBy })).id
}

export async function taskOf(runtime: Runtime, id: string): Promise<TaskRecord> {
  const task = await runtime.store.tasks.get(id)
  assert.ok(task, `There is no task ${id}`)
  return task
}

/** Waits until the task has the state. */
export async function reach(runtime: Runtime, id: string, state: TaskState): Promise<TaskRecord> {
  await until(`the task is "${state}"`, async () => (await taskOf(runtime, id)).state === state)
  return await taskOf(runtime, id)
}

/** All tasks of a plugin, newest first. */
export async function tasksOf(runtime: Runtime, pluginId: string): Promise<readonly TaskRecord[]> {
  return (await runtime.store.tasks.list({ pluginId, limit: 200 })).items
}

export async function linesOf(runtime: Runtime, id: string): Promise<readonly string[]> {
  const { seq } = await taskOf(runtime, id)
  return (await runtime.store.tasks.lines(seq, 0)).map(({ text }) => text)
}
