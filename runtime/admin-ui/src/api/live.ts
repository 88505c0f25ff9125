// Follows /events and updates the cached plugins. Invariant: when the stream is down, `live` is false and polling takes over.

import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { createContext, useContext, useEffect, useState } from 'react'
import type { RuntimeEventData, RuntimeEventName } from '../../../../sdk/api/events.ts'
import type { Installation } from '../../../../sdk/api/plugins.ts'
import { apiUrl } from './client.ts'
import { PLUGINS_KEY } from './plugins.ts'

const RETRY_MS = 15_000

export const LiveContext = createContext(false)

/** Whether changes arrive by events. */
export function useLive(): boolean {
  return useContext(LiveContext)
}

/** Keeps the stream open while the component is mounted; true while it is connected. */
export function useLiveEvents(): boolean {
  const client = useQueryClient()
  const [live, setLive] = useState(false)
  useEffect(() => {
    let source: EventSource | undefined
    let timer: ReturnType<typeof setTimeout> | undefined
    const open = () => {
      source = new EventSource(apiUrl('events'))
      source.addEventListener('open', () => {
        setLive(true)
        // Events missed while the stream was down are not always replayed.
        void client.invalidateQueries({ queryKey: PLUGINS_KEY })
      })
      listen(source, 'plugin.state', (change) => applyState(client, change))
      listen(
        source,
        'plugin.removed',
        () => void client.invalidateQueries({ queryKey: [...PLUGINS_KEY, 'list'] }),
      )
      source.addEventListener('error', () => {
        setLive(false)
        if (source?.readyState !== EventSource.CLOSED) return
        // The browser does not retry a refused stream (a proxy, a restart). If the session has ended, this request will find
        // out.
        void client.invalidateQueries({ queryKey: PLUGINS_KEY })
        timer = setTimeout(open, RETRY_MS)
      })
    }
    const close = () => {
      clearTimeout(timer)
      source?.close()
      setLive(false)
    }
    // A browser has six connections to a server: hidden tabs must not occupy them.
    const follow = () => {
      close()
      if (document.visibilityState === 'visible') open()
    }
    follow()
    document.addEventListener('visibilitychange', follow)
    return () => {
      document.removeEventListener('visibilitychange', follow)
      close()
    }
  }, [client])
  return live
}

function listen<Name extends RuntimeEventName>(
  source: EventSource,
  name: Name,
  listener: (data: RuntimeEventData<Name>) => void,
): void {
  source.addEventListener(name, ({ data }: MessageEvent<string>) => listener(JSON.parse(data)))
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
