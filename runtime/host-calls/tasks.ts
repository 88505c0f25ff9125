// The host calls behind env.tasks, and those by which a run tells of itself.

import type { TaskInfo } from '../../sdk/plugin-api/tasks.ts'
import { TASK_STATES, type TaskState } from '../../sdk/protocol/task-states.ts'
import { PlugbayError } from '../errors.ts'
import type { Handlers } from './host-calls.ts'

/** What tasks/tasks.ts does, which is above. */
export interface GuestTasks {
  schedule(
    pluginId: string,
    name: string,
    given: {
      readonly args: unknown
      readonly options: unknown
      /** The user whose request or task schedules it; null without one. */
      readonly user: string | null
    },
  ): Promise<unknown>
  cancelOwn(pluginId: string, id: string): Promise<boolean>
  listOwn(
    pluginId: string,
    filter: { readonly name?: string; readonly state?: TaskState; readonly limit: number },
  ): Promise<readonly TaskInfo[]>
  /** Resolves when the next report may come. @throws PlugbayError TASK_LOST, HOST_CALL_INVALID */
  report(
    pluginId: string,
    run: { readonly id: string; readonly epoch: number },
    report: unknown,
  ): Promise<void>
  /** @throws PlugbayError TASK_LOST, RELEASE_REPLACED */
  checkpoint(
    pluginId: string,
    run: { readonly id: string; readonly epoch: number },
    state: unknown,
  ): Promise<void>
}

const MAX_NAME = 100
const MAX_LISTED = 200

type TaskCalls = Extract<keyof Handlers, `tasks.${string}`>

export function taskHandlers(tasks: () => GuestTasks): Pick<Handlers, TaskCalls> {
  return {
    async 'tasks.schedule'({ pluginId }, [name, args, options, requestId], _body, { userOf }) {
      if (typeof name !== 'string') throw invalid('The name of a task must be text')
      const user = typeof requestId === 'string' ? userOf(requestId) : null
      return { head: await tasks().schedule(pluginId, name, { args, options, user }) }
    },
    async 'tasks.cancel'({ pluginId }, [id]) {
      if (typeof id !== 'string') throw invalid('The id of a task must be text')
      return { head: await tasks().cancelOwn(pluginId, id) }
    },
    async 'tasks.list'({ pluginId }, [filter]) {
      return { head: await tasks().listOwn(pluginId, filterOf(filter)) }
    },
    async 'tasks.report'({ pluginId }, [ref, report]) {
      await tasks().report(pluginId, refOf(ref), report)
      return { head: null }
    },
    async 'tasks.checkpoint'({ pluginId }, [ref, state]) {
      await tasks().checkpoint(pluginId, refOf(ref), state ?? null)
      return { head: null }
    },
  }
}

function refOf(value: unknown): { readonly id: string; readonly epoch: number } {
  const [id, epoch]: unknown[] = Array.isArray(value) ? value : []
  if (typeof id !== 'string' || typeof epoch !== 'number') throw invalid('The run of a task is not named')
  return { id, epoch }
}

function filterOf(value: unknown): Parameters<GuestTasks['listOwn']>[1] {
  if (value === undefined || value === null) return { limit: MAX_LISTED }
  if (typeof value !== 'object') throw invalid('The filter of tasks must be an object')
  const { name, state, limit = MAX_LISTED } = value as Readonly<Record<string, unknown>>
  if (name !== undefined && (typeof name !== 'string' || name.length > MAX_NAME))
    throw invalid('The name of a task must be text')
  const known = TASK_STATES.find((each) => each === state)
  if (state !== undefined && known === undefined)
    throw invalid(`The state of a task is one of ${TASK_STATES.join(', ')}`)
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > MAX_LISTED)
    throw invalid(`"limit" must be a whole number from 1 to ${MAX_LISTED}`)
  return { limit, ...(name !== undefined && { name }), ...(known !== undefined && { state: known }) }
}

function invalid(message: string): PlugbayError {
  return new PlugbayError('HOST_CALL_INVALID', message)
}
