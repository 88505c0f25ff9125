// Background tasks: queries, and what an operator can do with them.

import { infiniteQueryOptions, keepPreviousData } from '@tanstack/react-query'
import type { Page } from '../../../../sdk/api/lists.ts'
import type { TaskLogLevel, TaskRequest, TaskView } from '../../../../sdk/api/tasks.ts'
import { send } from './client.ts'

export const TASKS_KEY = ['tasks'] as const

export interface TaskFilter {
  readonly plugin: string | null
  readonly state: TaskView['state'] | null
}

/** Newest first, a page at a time. */
export function tasksQuery({ plugin, state }: TaskFilter) {
  return infiniteQueryOptions({
    queryKey: [...TASKS_KEY, 'list', plugin, state],
    queryFn: ({ signal, pageParam }) => {
      const query = new URLSearchParams({
        ...(plugin !== null && { plugin }),
        ...(state !== null && { state }),
        ...(pageParam !== null && { cursor: pageParam }),
      })
      return send<Page<TaskView>>(`tasks?${query}`, { signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    // Tasks send no events to lists: what the overview has asked for may be old.
    refetchInterval: 2000,
    staleTime: 0,
    placeholderData: keepPreviousData,
  })
}

export function taskLogPath(id: string): string {
  return `${path(id)}/log`
}

export function getTask(id: string, signal: AbortSignal): Promise<TaskView> {
  return send(path(id), { signal })
}

/** A task that the plugin declares, due at once. */
export function scheduleTask(request: TaskRequest): Promise<{ readonly id: string }> {
  return send('tasks', { method: 'POST', json: request })
}

export type TaskCommand = 'cancel' | 'promote' | 'run' | 'retry'

export function taskCommand(id: string, name: TaskCommand): Promise<TaskView> {
  return send(`${path(id)}/${name}`, { method: 'POST' })
}

export function setTaskLevel(id: string, level: TaskLogLevel): Promise<TaskView> {
  return send(path(id), { method: 'PATCH', json: { level } })
}

/** Deletes finished tasks, of one plugin or of all. `sweep`: only those that did nothing and had no warning. */
export function deleteTasks(
  kind: 'clean' | 'sweep',
  plugin: string | null,
): Promise<{ readonly deleted: number }> {
  return send(`tasks/${kind}`, { method: 'POST', json: plugin === null ? {} : { plugin } })
}

function path(id: string): string {
  return `tasks/${encodeURIComponent(id)}`
}
