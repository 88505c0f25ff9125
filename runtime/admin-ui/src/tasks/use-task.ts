// Follows one task with its log. Invariant: each line once, in order; while the stream is down, the browser opens it again from the last line.

import { useEffect, useRef, useState } from 'react'
import type { TaskLogLine, TaskView } from '../../../../sdk/api/tasks.ts'
import { apiUrl, asErrorDocument, type ErrorDocument } from '../api/client.ts'
import { getTask, taskLogPath } from '../api/tasks.ts'

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
    const source = new EventSource(apiUrl(taskLogPath(id)))
    let timer: ReturnType<typeof setTimeout> | undefined
    const flush = () => {
      timer = undefined
      const more = gathered.current
      gathered.current = []
      setLines((have) =>
        [...have, ...more.filter(({ number }) => number > (have.at(-1)?.number ?? 0))].slice(-MAX_LINES),
      )
    }
    source.addEventListener('open', () => setConnected(true))
    source.addEventListener('error', () => {
      setConnected(false)
      // A stream that is refused says nothing of the reason.
      getTask(id, ending.signal).then(setTask, (failure: unknown) => {
        if (!ending.signal.aborted) setError(asErrorDocument(failure))
      })
    })
    source.addEventListener('task', ({ data }: MessageEvent<string>) => setTask(JSON.parse(data) as TaskView))
    source.addEventListener('line', ({ data }: MessageEvent<string>) => {
      gathered.current.push(JSON.parse(data) as TaskLogLine)
      timer ??= setTimeout(flush, GATHER_MS)
    })
    return () => {
      ending.abort()
      source.close()
      clearTimeout(timer)
      gathered.current = []
    }
  }, [id])
  return { task, lines, connected, error }
}
