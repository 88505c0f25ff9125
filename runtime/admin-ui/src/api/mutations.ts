// Changes to one plugin as mutations: the response goes into the cache, a failure becomes a notification.

import { type UseMutationResult, useMutation, useQueryClient } from '@tanstack/react-query'
import type { Installation } from '../../../../sdk/api/plugins.ts'
import { showError, showSuccess } from '../components/notify.ts'
import { PLUGINS_KEY } from './plugins.ts'

export interface ChangeOptions<V> {
  readonly done?: (plugin: Installation, variables: V) => string | null
}

/** A change whose response is the installation. `done` is the notification, or null for none. */
export function usePluginChange<V = void>(
  change: (variables: V) => Promise<Installation>,
  options: ChangeOptions<V> = {},
): UseMutationResult<Installation, Error, V> {
  const client = useQueryClient()
  return useMutation({
    mutationFn: change,
    onSuccess: (plugin, variables) => {
      client.setQueryData<Installation>([...PLUGINS_KEY, 'one', plugin.id], plugin)
      client.setQueryData<readonly Installation[]>([...PLUGINS_KEY, 'list'], (all) =>
        all?.map((other) => (other.id === plugin.id ? plugin : other)),
      )
      const sentence = options.done?.(plugin, variables)
      if (sentence) showSuccess(sentence)
    },
    onError: (error: Error) => showError(error),
    onSettled: () => client.invalidateQueries({ queryKey: PLUGINS_KEY }),
  })
}
