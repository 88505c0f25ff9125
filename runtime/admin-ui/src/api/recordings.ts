// What a plugin does, as the server of "plugbay dev" records it.

import { queryOptions } from '@tanstack/react-query'
import type { PermissionAdvice, RecordedCall, Recording } from '../../../../sdk/api/recordings.ts'
import { send } from './client.ts'

/** Newest first. */
export async function recordedCalls(id: string, signal: AbortSignal): Promise<readonly RecordedCall[]> {
  return (await send<Recording>(recordingPath(id), { signal })).items
}

/** Also a stream. */
export function recordingPath(id: string): string {
  return `plugins/${encodeURIComponent(id)}/recording`
}

export function adviceQuery(id: string) {
  return queryOptions({
    queryKey: ['permission-advice', id],
    queryFn: ({ signal }) => send<PermissionAdvice>(`${recordingPath(id)}/permissions`, { signal }),
    refetchInterval: 3000,
  })
}
