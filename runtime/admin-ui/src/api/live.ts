// Follows /events and updates the cached plugins. Invariant: when the stream is down, `live` is false and polling takes over.

import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useState } from 'react'
import type { RuntimeEventData, RuntimeEventName } from '../../../../sdk/api/events.ts'
import type { Installation } from '../../../../sdk/api/plugins.ts'
import { followEvents } from './event-streams.ts'
import { PLUGINS_KEY } from './plugins.ts'

export const LiveContext = createContext(false)

/** Whether changes arrive by events. */
export function useLive(): boolean {
  return useContext(LiveContext)
}

/** Keeps the stream open while the component is mounted, for who may have it; true while it is connected. */
export function useLiveEvents(isAllowed: boolean): boolean {
  const client = useQueryClient()
  const [live, setLive] = useState(false)
  useEffect(() => {
    if (!isAllowed) return
    const stop = followEvents('events', {
      on: {
        'plugin.state': listen<'plugin.state'>((change) => applyState(client, change)),
        'plugin.removed': listen<'plugin.removed'>(
          () => void client.invalidateQueries({ queryKey: [...PLUGINS_KEY, 'list'] }),
        ),
      },
      onOpen: () => {
        setLive(true)
        // Events missed while the stream was down are not always replayed.
        void client.invalidateQueries({ queryKey: PLUGINS_KEY })
      },
      onLost: (isRefused) => {
        setLive(false)
        // If the session has ended, this request will find out.
        if (isRefused) void client.invalidateQueries({ queryKey: PLUGINS_KEY })
      },
    })
    return () => {
      stop()
      setLive(false)
    }
  }, [client, isAllowed])
  return live
}

function listen<Name extends RuntimeEventName>(
  listener: (data: RuntimeEventData<Name>) => void,
): (data: string) => void {
  return (data) => listener(JSON.parse(data))
}

function applyState(client: QueryClient, change: RuntimeEventData<'plugin.state'>): void {
  const apply = (plugin: Installation): Installation =>
    plugin.id === change.id
      ? { ...plugin, state: change.state, version: change.version ?? plugin.version }
      : plugin
  client.setQueryData<readonly Installation[]>([...PLUGINS_KEY, 'list'], (all) => all?.map(apply))
  client.setQueryData<Installation>([...PLUGINS_KEY, 'one', change.id], (one) => one && apply(one))
  // The badge is correct at once; the rest (problem, releases, resources) follows.
  void client.invalidateQueries({ queryKey: [...PLUGINS_KEY, 'list'] })
  void client.invalidateQueries({ queryKey: [...PLUGINS_KEY, 'one', change.id] })
}
