// Follows what a plugin does. Invariant: newest first, each call once, in its latest form.

import { useQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useState } from 'react'
import type { RecordedCall } from '../../../../../sdk/api/recordings.ts'
import { followEvents } from '../../api/event-streams.ts'
import { recordedCalls, recordingPath } from '../../api/recordings.ts'

/** As many as the server keeps. */
const MOST_CALLS = 200

export interface FollowedRecording {
  readonly calls: readonly RecordedCall[]
  readonly connected: boolean
  readonly error: Error | null
  readonly loading: boolean
}

export function useRecording(id: string): FollowedRecording {
  const [calls, setCalls] = useState<readonly RecordedCall[]>([])
  const [connected, setConnected] = useState(false)
  const query = useQuery({
    queryKey: ['recording', id],
    queryFn: async ({ signal }) => {
      // After a restart the server has no more of the earlier calls.
      setCalls(await recordedCalls(id, signal))
      return null
    },
    gcTime: 0,
    refetchInterval: connected ? false : 2000,
  })
  const { refetch } = query
  const add = useCallback((call: RecordedCall) => setCalls((have) => merge(have, call)), [])
  useEffect(() => {
    const stop = followEvents(recordingPath(id), {
      on: { call: (data) => add(JSON.parse(data) as RecordedCall) },
      onOpen: () => {
        setConnected(true)
        void refetch()
      },
      onLost: () => setConnected(false),
    })
    return stop
  }, [id, add, refetch])
  return { calls, connected, error: query.error, loading: query.isPending }
}

export function merge(have: readonly RecordedCall[], call: RecordedCall): readonly RecordedCall[] {
  const others = have.filter(({ seq }) => seq !== call.seq)
  return [...others, call].sort((a, b) => b.seq - a.seq).slice(0, MOST_CALLS)
}
