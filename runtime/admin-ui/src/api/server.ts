// The server itself, and all its data as one file.

import { queryOptions } from '@tanstack/react-query'
import type { Server } from '../../../../sdk/api/server.ts'
import { send } from './client.ts'

export const serverQuery = queryOptions({
  queryKey: ['server'],
  queryFn: ({ signal }) => send<Server>('server', { signal }),
  refetchInterval: 3000,
})

export const BACKUP_PATH = 'backup'
