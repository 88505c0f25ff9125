// The USB devices and the volumes of the machine.

import { queryOptions } from '@tanstack/react-query'
import type { Device } from '../../../../sdk/api/devices.ts'
import type { Page } from '../../../../sdk/api/lists.ts'
import type { Volume } from '../../../../sdk/api/volumes.ts'
import { send } from './client.ts'

export const MACHINE_KEY = ['machine'] as const

/** Plugging in and out sends no event to this page. */
const POLL_MS = 3000

export const devicesQuery = queryOptions({
  queryKey: [...MACHINE_KEY, 'devices'],
  queryFn: async ({ signal }) => (await send<Page<Device>>('devices', { signal })).items,
  refetchInterval: POLL_MS,
})

export const volumesQuery = queryOptions({
  queryKey: [...MACHINE_KEY, 'volumes'],
  queryFn: async ({ signal }) => (await send<Page<Volume>>('volumes', { signal })).items,
  refetchInterval: POLL_MS,
})

export type DriveCommand = 'mount' | 'unmount' | 'eject'

export function driveCommand(id: string, command: DriveCommand): Promise<void> {
  return send(`volumes/${encodeURIComponent(id)}/${command}`, { method: 'POST' })
}
