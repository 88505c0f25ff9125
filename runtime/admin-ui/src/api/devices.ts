// The USB devices that a plugin may use, and the administrator's choice of them.

import { queryOptions } from '@tanstack/react-query'
import type { Page } from '../../../../sdk/api/lists.ts'
import type { ChosenDevices, PluginDevice } from '../../../../sdk/api/plugin-devices.ts'
import { send } from './client.ts'

const DEVICES_KEY = ['plugin-devices'] as const

export function pluginDevicesQuery(id: string) {
  return queryOptions({
    queryKey: [...DEVICES_KEY, id],
    queryFn: ({ signal }) => send<Page<PluginDevice>>(path(id), { signal }),
    // Plugging in and out sends no event to this page.
    refetchInterval: 3000,
  })
}

export function putDevices(id: string, chosen: ChosenDevices['chosen']): Promise<Page<PluginDevice>> {
  return send<Page<PluginDevice>>(path(id), { method: 'PUT', json: { chosen } satisfies ChosenDevices })
}

function path(id: string): string {
  return `plugins/${encodeURIComponent(id)}/devices`
}
