// What releases consist of, and what their permissions were used for.

import { queryOptions } from '@tanstack/react-query'
import type { PermissionUse } from '../../../../sdk/api/permission-uses.ts'
import type { ReleaseContent } from '../../../../sdk/api/releases.ts'
import { apiUrl, send } from './client.ts'
import { PLUGINS_KEY } from './plugins.ts'

export function releaseQuery(id: string, version: string) {
  return queryOptions({
    queryKey: [...PLUGINS_KEY, 'release', id, version],
    queryFn: ({ signal }) => send<ReleaseContent>(path(id, version), { signal }),
    staleTime: 60_000,
  })
}

export function permissionUsesQuery(id: string) {
  return queryOptions({
    queryKey: [...PLUGINS_KEY, 'permission-uses', id],
    queryFn: async ({ signal }) => {
      const address = `plugins/${encodeURIComponent(id)}/permission-uses`
      return (await send<{ readonly items: readonly PermissionUse[] }>(address, { signal })).items
    },
    refetchInterval: 10_000,
  })
}

export function iconUrl(id: string, version: string): string {
  return apiUrl(`${path(id, version)}/icon`)
}

function path(id: string, version: string): string {
  return `plugins/${encodeURIComponent(id)}/releases/${encodeURIComponent(version)}`
}
