// env.tasks: schedules, cancels and lists tasks of the plugin. The host checks everything.

import type { ScheduledTask, TaskInfo, Tasks } from '../../../../sdk/plugin-api/tasks.ts'
import { currentRequest } from '../web/base/request-context.ts'
import type { HostCall } from './host-calls.ts'

export function createTasks(call: HostCall): Tasks {
  return Object.freeze({
    schedule: async (name: string, args: unknown = null, options: unknown = null) =>
      // The host knows for whom the request is.
      (await call('tasks.schedule', [name, args, options, currentRequest()?.id])).head as ScheduledTask,
    cancel: async (id: string) => (await call('tasks.cancel', [id])).head as boolean,
    list: async (filter: unknown = null) => (await call('tasks.list', [filter])).head as readonly TaskInfo[],
  })
}
