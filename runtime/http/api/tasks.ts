// Background tasks: listed, followed, and changed by administrators.

import { listOf } from '../../../sdk/api/lists.ts'
import {
  TASK_EVENTS,
  TaskChangeRequest,
  TaskCleaning,
  type TaskLogLine,
  TaskLogLines,
  TaskParams,
  TaskQuery,
  TaskRequest,
  TaskScheduled,
  TasksDeleted,
  TaskView,
} from '../../../sdk/api/tasks.ts'
import { lastEventId } from './event-stream.ts'
import { defineRoute, type RouteInput } from './route.ts'

const VIEWED = { tag: 'tasks', permission: 'tasks.view' } as const
const MANAGED = { tag: 'tasks', permission: 'tasks.manage' } as const
const CHANGED = {
  ...MANAGED,
  method: 'POST',
  params: TaskParams,
  responses: { 200: { description: 'The task', schema: TaskView } },
  errors: ['TASK_UNKNOWN', 'TASK_CONFLICT'],
} as const
/** A task that reports its progress all the time is shown this often. */
const SHOW_EVERY_MS = 250

export const taskRoutes = [
  defineRoute({
    ...VIEWED,
    method: 'GET',
    path: '/tasks',
    operationId: 'listTasks',
    summary: 'List background tasks',
    query: TaskQuery,
    responses: { 200: { description: 'Tasks, newest first', schema: listOf(TaskView) } },
    async handle({ query, services }) {
      return { status: 200, json: await services.tasks.list(query) }
    },
  }),
  defineRoute({
    ...MANAGED,
    method: 'POST',
    path: '/tasks',
    operationId: 'scheduleTask',
    summary: 'Schedule a task of a plugin',
    body: TaskRequest,
    responses: { 201: { description: 'What has become of it', schema: TaskScheduled } },
    errors: ['TASK_INVALID', 'TASK_UNKNOWN', 'TASK_CONFLICT', 'QUOTA_EXCEEDED', 'PLUGIN_UNAVAILABLE'],
    async handle({ body, actor, services }) {
      return { status: 201, json: await services.tasks.schedule(body, actor) }
    },
  }),
  defineRoute({
    ...MANAGED,
    method: 'POST',
    path: '/tasks/clean',
    operationId: 'cleanTasks',
    summary: 'Delete finished tasks',
    body: TaskCleaning,
    bodyOptional: true,
    responses: { 200: { description: 'How many', schema: TasksDeleted } },
    async handle({ body, actor, services }) {
      return { status: 200, json: { deleted: await services.tasks.clean('clean', body.plugin, actor) } }
    },
  }),
  defineRoute({
    ...MANAGED,
    method: 'POST',
    path: '/tasks/sweep',
    operationId: 'sweepTasks',
    summary: 'Delete finished tasks that did nothing and had no warning',
    body: TaskCleaning,
    bodyOptional: true,
    responses: { 200: { description: 'How many', schema: TasksDeleted } },
    async handle({ body, actor, services }) {
      return { status: 200, json: { deleted: await services.tasks.clean('sweep', body.plugin, actor) } }
    },
  }),
  defineRoute({
    ...VIEWED,
    method: 'GET',
    path: '/tasks/:id',
    operationId: 'getTask',
    summary: 'One background task',
    params: TaskParams,
    responses: { 200: { description: 'The task', schema: TaskView } },
    errors: ['TASK_UNKNOWN'],
    async handle({ params, services }) {
      return { status: 200, json: await services.tasks.get(params.id) }
    },
  }),
  defineRoute({
    ...MANAGED,
    method: 'PATCH',
    path: '/tasks/:id',
    operationId: 'changeTask',
    summary: 'Change the level of its log, also while it runs',
    params: TaskParams,
    body: TaskChangeRequest,
    responses: { 200: { description: 'The task', schema: TaskView } },
    errors: ['TASK_UNKNOWN'],
    async handle({ params, body, actor, services }) {
      return { status: 200, json: await services.tasks.setLevel(params.id, body.level, actor) }
    },
  }),
  defineRoute({
    ...VIEWED,
    method: 'GET',
    path: '/tasks/:id/log',
    operationId: 'getTaskLog',
    summary: 'The log of a task; with Accept: text/event-stream it is followed',
    params: TaskParams,
    responses: { 200: { description: 'Lines, oldest first', schema: TaskLogLines, events: TASK_EVENTS } },
    errors: ['TASK_UNKNOWN', 'TOO_MANY_LISTENERS'],
    async handle(input) {
      const { request, params, services } = input
      if (request.method === 'GET' && (request.headers.get('accept') ?? '').includes('text/event-stream'))
        return await follow(input)
      const items = await services.tasks.lines(params.id, 0)
      return { status: 200, json: { items }, headers: { vary: 'accept' } }
    },
  }),
  defineRoute({
    ...CHANGED,
    path: '/tasks/:id/cancel',
    operationId: 'cancelTask',
    summary: 'Cancel it: at once when it waits, by its signal when it runs',
    handle: async ({ params, actor, services }) => ({
      status: 200,
      json: await services.tasks.cancel(params.id, actor),
    }),
  }),
  defineRoute({
    ...CHANGED,
    path: '/tasks/:id/promote',
    operationId: 'promoteTask',
    summary: 'Run it before all others of the plugin that are due',
    handle: async ({ params, actor, services }) => ({
      status: 200,
      json: await services.tasks.promote(params.id, actor),
    }),
  }),
  defineRoute({
    ...CHANGED,
    path: '/tasks/:id/run',
    operationId: 'runTask',
    summary: 'Run it now instead of at its time',
    handle: async ({ params, actor, services }) => ({
      status: 200,
      json: await services.tasks.runNow(params.id, actor),
    }),
  }),
  defineRoute({
    ...CHANGED,
    path: '/tasks/:id/retry',
    operationId: 'retryTask',
    summary: 'Run a finished task again',
    handle: async ({ params, actor, services }) => ({
      status: 200,
      json: await services.tasks.retry(params.id, actor),
    }),
  }),
]

/** Each line once, in order, after Last-Event-ID; and the task now and whenever it has changed. */
async function follow(input: RouteInput<{ readonly id: string }>): Promise<Response> {
  const { params, request, principal, services, stillAllowed, onEnded, streams } = input
  const { tasks, log } = services
  const seen = lastEventId(request) ?? 0
  const early: TaskLogLine[] = []
  const watcher = { line: (line: TaskLogLine): void => void early.push(line), changed: (): void => undefined }
  const stop = tasks.watch(params.id, {
    line: (line) => watcher.line(line),
    changed: () => watcher.changed(),
  })
  try {
    const older = await tasks.lines(params.id, seen)
    return streams.open({
      request,
      principal,
      stillAllowed,
      onEnded,
      start(send) {
        let last = seen
        let showing: NodeJS.Timeout | undefined
        const show = () => {
          showing = undefined
          tasks.get(params.id).then(
            (task) => send({ event: 'task', id: last, data: task }),
            // It was deleted meanwhile.
            (error: unknown) => log.debug({ error: String(error) }, 'a task could not be shown'),
          )
        }
        watcher.line = (line) => {
          if (line.number <= last) return
          last = line.number
          send({ event: 'line', id: line.number, data: line })
        }
        watcher.changed = () => {
          showing ??= setTimeout(show, SHOW_EVERY_MS)
        }
        for (const line of [...older, ...early]) watcher.line(line)
        show()
        return () => {
          clearTimeout(showing)
          stop()
        }
      },
    })
  } catch (error) {
    stop()
    throw error
  }
}
