// Who changed what, newest first.

import { infiniteQueryOptions } from '@tanstack/react-query'
import type { AuditEntry } from '../../../../sdk/api/audit.ts'
import type { Page } from '../../../../sdk/api/lists.ts'
import { send } from './client.ts'

/** `subject`: only what was done to this plugin, user or token. */
export function auditQuery(subject: string) {
  return infiniteQueryOptions({
    queryKey: ['audit', subject],
    queryFn: ({ signal, pageParam }) => auditPage(subject, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  })
}

export function auditPage(
  subject: string,
  cursor: string | null,
  signal?: AbortSignal,
): Promise<Page<AuditEntry>> {
  const query = new URLSearchParams({
    limit: '200',
    ...(subject !== '' && { subject }),
    ...(cursor !== null && { cursor }),
  })
  return send(`audit?${query}`, signal ? { signal } : {})
}
