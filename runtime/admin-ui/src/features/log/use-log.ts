// Follows the log of one plugin. Invariant: a pause stops the display, not the reception, so nothing is missed.

import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useRef, useState } from 'react'
import type { LogLine } from '../../../../../sdk/api/logs.ts'
import { followEvents } from '../../api/event-streams.ts'
import { logPage, logStreamPath } from '../../api/plugins.ts'
import { mergeLines } from './log-lines.ts'

/** Lines come in bursts: they are rendered together. */
const GATHER_MS = 100

export interface FollowedLog {
  readonly lines: readonly LogLine[]
  readonly connected: boolean
  readonly error: Error | null
  readonly loading: boolean
  /** Undefined when there is nothing older. */
  readonly loadOlder: (() => void) | undefined
}

export function useLog(id: string): FollowedLog {
  const [lines, setLines] = useState<readonly LogLine[]>([])
  const [cursor, setCursor] = useState<string | null>(null)
  const [connected, setConnected] = useState(false)
  const add = useCallback((more: readonly LogLine[]) => setLines((have) => mergeLines(have, more)), [])
  const first = useQuery({
    queryKey: ['log', id],
    queryFn: async ({ signal }) => {
      const page = await logPage(id, { signal })
      add(page.items)
      setCursor((known) => known ?? page.nextCursor)
      return null
    },
    gcTime: 0,
    // The stream brings new lines; while it is down, the newest page is requested again.
    refetchInterval: connected ? false : 4000,
  })
  const older = useQuery({
    queryKey: ['log-older', id, cursor],
    queryFn: async ({ signal }) => {
      const page = await logPage(id, cursor === null ? { signal } : { cursor, signal })
      add(page.items)
      setCursor(page.nextCursor)
      return null
    },
    enabled: false,
    gcTime: 0,
  })
  const { refetch } = first
  useFollow(
    id,
    add,
    setConnected,
    useCallback(() => void refetch(), [refetch]),
  )
  return {
    lines,
    connected,
    error: first.error,
    loading: first.isPending,
    loadOlder: cursor === null || older.isFetching ? undefined : () => void older.refetch(),
  }
}

function useFollow(
  id: string,
  add: (lines: readonly LogLine[]) => void,
  setConnected: (value: boolean) => void,
  /** Lines may have been missed: the newest page has them. */
  refresh: () => void,
): void {
  const gathered = useRef<LogLine[]>([])
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const flush = () => {
      timer = undefined
      add(gathered.current)
      gathered.current = []
    }
    const stop = followEvents(logStreamPath(id), {
      on: {
        log: (data) => {
          gathered.current.push(JSON.parse(data) as LogLine)
          timer ??= setTimeout(flush, GATHER_MS)
        },
      },
      onOpen: () => {
        setConnected(true)
        refresh()
      },
      onLost: () => setConnected(false),
    })
    return () => {
      stop()
      clearTimeout(timer)
      gathered.current = []
      setConnected(false)
    }
  }, [id, add, setConnected, refresh])
}
