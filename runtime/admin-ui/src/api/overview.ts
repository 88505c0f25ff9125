// What plugins show on the first page of the server.

import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { Bundle, SlotPart, SlotParts } from '../../../../sdk/api/bundles.ts'
import type { ExtensionPoints } from '../../../../sdk/api/extension-points.ts'
import { asErrorDocument, send } from './client.ts'
import { PLUGINS_KEY } from './plugins.ts'

/** A slot of the standalone server. An application that embeds the runtime has pages of its own for that. */
export const OVERVIEW = 'shell.overview'

/** Parts in frames: no plugin runs as a module here. `serving`: what plugins serve, so that a change of it asks again. */
export function overviewQuery(serving: readonly string[]) {
  return queryOptions({
    queryKey: [...PLUGINS_KEY, 'overview', ...serving],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<readonly SlotPart[]> => {
      const { items } = await send<ExtensionPoints>('extension-points', { signal })
      const slot = items.find(({ kind, name }) => kind === 'slots' && name === OVERVIEW)
      if (slot === undefined || slot.contributors.length === 0) return []
      const { items: parts } = await send<SlotParts>(`slots/${OVERVIEW}`, { signal })
      return parts.filter(({ as }) => as === 'frame')
    },
    refetchInterval: 30_000,
  })
}

/** Never rejects: the page shows already that the part is missing. */
export async function reportFailure({ plugin, id }: Bundle, error: unknown): Promise<void> {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, 1000)
  const json = { bundle: id, message: message || 'It gave no reason' }
  await send(`bundles/${encodeURIComponent(plugin)}/failures`, { method: 'POST', json }).catch(
    (reason: unknown) => console.warn(`A failure could not be reported: ${asErrorDocument(reason).title}`),
  )
}
