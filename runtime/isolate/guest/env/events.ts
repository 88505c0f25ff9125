// env.events: sends events of the plugin's own. The host checks grant and name.

import type { Events } from '../../../../sdk/plugin-api/events.ts'
import type { HostCall } from './host-calls.ts'

export function createEvents(call: HostCall): Events {
  return Object.freeze({
    emit: async (
      name: string,
      data: unknown,
      options: { readonly key?: string; readonly durable?: boolean } = {},
    ) => {
      await call('events.emit', [name, data, options])
    },
  })
}
