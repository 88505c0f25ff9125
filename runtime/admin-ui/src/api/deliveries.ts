// Durable events on their way to plugins, and the dead ones.

import { infiniteQueryOptions } from '@tanstack/react-query'
import type { EventDelivery } from '../../../../sdk/api/deliveries.ts'
import type { Page } from '../../../../sdk/api/lists.ts'
import { send } from './client.ts'

export const DELIVERIES_KEY = ['deliveries'] as const

/** Oldest first, a page at a time. */
export function deliveriesQuery(plugin: string) {
  return infiniteQueryOptions({
    queryKey: [...DELIVERIES_KEY, plugin],
    queryFn: ({ signal, pageParam }) => {
      const query = new URLSearchParams({ plugin, ...(pageParam !== null && { cursor: pageParam }) })
      return send<Page<EventDelivery>>(`deliveries?${query}`, { signal })
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
    refetchInterval: 5000,
  })
}

export type DeliveryCommand = 'retry' | 'discard'

/** Of one dead delivery, or of all of a plugin. */
export function changeDeliveries(
  command: DeliveryCommand,
  which: { readonly id: string } | { readonly plugin: string },
): Promise<{ readonly count: number }> {
  return send(`deliveries/${command}`, { method: 'POST', json: which })
}
