// Pages of plugins, for frames in the shell.

import { queryOptions } from '@tanstack/react-query'
import type { PageLinks, PageToken, PluginPage } from '../../../../sdk/api/pages.ts'
import { send } from './client.ts'
import { PLUGINS_KEY } from './plugins.ts'

/** Asked again with every change of the list of plugins. */
export function pageLinksQuery() {
  return queryOptions({
    queryKey: [...PLUGINS_KEY, 'list', 'links'],
    queryFn: ({ signal }): Promise<PageLinks> => send<PageLinks>('pages', { signal }),
    refetchInterval: 60_000,
  })
}

/** Asked again with every change of the plugin; without live events, from time to time. */
export function pageQuery(id: string) {
  return queryOptions({
    queryKey: [...PLUGINS_KEY, 'one', id, 'page'],
    queryFn: ({ signal }): Promise<PluginPage> =>
      send<PluginPage>(`pages/${encodeURIComponent(id)}`, { signal }),
    refetchInterval: ({ state }) => (state.status === 'error' ? 4000 : 30_000),
    retry: false,
  })
}

export async function newPageToken(id: string): Promise<string> {
  const { token } = await send<PageToken>(`pages/${encodeURIComponent(id)}/token`, { method: 'POST' })
  return token
}
