// Actions of plugins that need no object: offered, checked and run.

import { queryOptions } from '@tanstack/react-query'
import type { Action, ActionAnswer, Actions } from '../../../../sdk/api/actions.ts'
import { language } from '../languages/text.ts'
import { send } from './client.ts'
import { PLUGINS_KEY } from './plugins.ts'

/** The context of actions without an object. */
const GENERAL = 'general'

export const actionsQuery = queryOptions({
  queryKey: [...PLUGINS_KEY, 'actions'],
  queryFn: async ({ signal }): Promise<readonly Action[]> =>
    (await send<Actions>(`actions?${new URLSearchParams({ context: GENERAL, language })}`, { signal })).items,
  // Whether one is ready changes without an event.
  refetchInterval: 10_000,
})

export type Arguments = Readonly<Record<string, unknown>>

export function runAction({ plugin, id }: Action, args: Arguments): Promise<ActionAnswer> {
  const path = `actions/${encodeURIComponent(plugin)}/${encodeURIComponent(id)}/run`
  return send(path, { method: 'POST', json: { arguments: args } })
}
