// env.tasks: schedules, cancels and lists tasks of the plugin. The host checks everything.

import type { ScheduledTask, TaskInfo, Tasks } from '../../../../sdk/plugin-api/tasks.ts'
import type { HostCall } from './host-calls.ts'

export function createTasks(call: HostCall): Tasks {
  return Object.freeze({
    schedule: async (name: string, args: unknown = null, options: unknown = null) =>
      (await call('tasks.schedule', [name, args, options])).head as ScheduledTask,
    cancel: async (id: string) => (await call('tasks.cancel', [id])).head as boolean,
    list: async (filter: unknown = null) => (await call('tasks.list', [filter])).head as readonly TaskInfo[],
  })
}
