// Follows one task with its log. Invariant: each line once, in order; while the stream is down, the browser opens it again from the last line.

import { useEffect, useRef, useState } from 'react'
import type { TaskLogLine, TaskView } from '../../../../../sdk/api/tasks.ts'
import { asErrorDocument, type ErrorDocument } from '../../api/client.ts'
import { followEvents } from '../../api/event-streams.ts'
import { getTask, taskLogPath } from '../../api/tasks.ts'

/** Lines come in bursts: they are rendered together. */
const GATHER_MS = 100
/** As many as the server keeps. */
const MAX_LINES = 1000

export interface FollowedTask {
  readonly task: TaskView | undefined
  readonly lines: readonly TaskLogLine[]
  readonly connected: boolean
  /** Why there is no task. */
  readonly error: ErrorDocument | undefined
}

export function useTask(id: string): FollowedTask {
  const [task, setTask] = useState<TaskView>()
  const [lines, setLines] = useState<readonly TaskLogLine[]>([])
  const [connected, setConnected] = useState(false)
  const [error, setError] = useState<ErrorDocument>()
  const gathered = useRef<TaskLogLine[]>([])
  useEffect(() => {
    const ending = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const flush = () => {
      timer = undefined
      const more = gathered.current
      gathered.current = []
      setLines((have) =>
        [...have, ...more.filter(({ number }) => number > (have.at(-1)?.number ?? 0))].slice(-MAX_LINES),
      )
    }
    const stop = followEvents(taskLogPath(id), {
      // Its first lines are the task and its log until now.
      isShared: false,
      on: {
        task: (data) => setTask(JSON.parse(data) as TaskView),
        line: (data) => {
          gathered.current.push(JSON.parse(data) as TaskLogLine)
          timer ??= setTimeout(flush, GATHER_MS)
        },
      },
      onOpen: () => setConnected(true),
      onLost: () => {
        setConnected(false)
        // A stream that is refused says nothing of the reason.
        getTask(id, ending.signal).then(setTask, (failure: unknown) => {
          if (!ending.signal.aborted) setError(asErrorDocument(failure))
        })
      },
    })
    return () => {
      ending.abort()
      stop()
      clearTimeout(timer)
      gathered.current = []
    }
  }, [id])
  return { task, lines, connected, error }
}
