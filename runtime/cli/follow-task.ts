// Follows a task that a command has begun: prints its lines, and waits for its end.
// Invariant: each line once, in order; Ctrl-C ends the following, not the task.

import { setTimeout as wait } from 'node:timers/promises'
import type { TaskLogLine, TaskView } from '../../sdk/api/tasks.ts'
import { isErrorCode } from '../errors.ts'
import type { ApiClient } from './api-client.ts'
import { readEvents } from './event-stream.ts'
import { type Io, printable } from './io.ts'
import type { Result } from './output.ts'
import { untilSignal } from './session.ts'

export interface Following {
  readonly id: string
  /** With --json nothing is printed. */
  readonly json: boolean | undefined
}

/** A stream may end before the task, as when the server restarts. */
const AGAIN_MS = 1000

/** Resolves with the task as it has ended; with one that goes on after Ctrl-C. */
export async function followTask(io: Io, client: ApiClient, following: Following): Promise<TaskView> {
  const path = `tasks/${encodeURIComponent(following.id)}`
  const controller = new AbortController()
  const { signalled, stop } = untilSignal(io)
  void signalled.then(() => controller.abort())
  let last = 0
  const print = ({ number, text }: TaskLogLine): void => {
    if (number <= last) return
    last = number
    if (following.json !== true) io.out(`${printable(text)}\n`)
  }
  try {
    while (!controller.signal.aborted && !(await untilEnded())) await wait(AGAIN_MS)
  } finally {
    stop()
  }
  const { items } = (await client.request('GET', `${path}/log`)) as { readonly items: readonly TaskLogLine[] }
  for (const line of items) print(line)
  return (await client.request('GET', path)) as TaskView

  /** False: the stream has ended before. */
  async function untilEnded(): Promise<boolean> {
    const { signal } = controller
    try {
      const stream = await client.stream(`${path}/log`, { lastEventId: last, signal })
      for await (const { event, data } of readEvents(stream)) {
        if (event === 'line') print(JSON.parse(data) as TaskLogLine)
        if (event === 'task' && (JSON.parse(data) as TaskView).finishedAt !== null) return true
      }
      return false
    } catch (error) {
      if (signal.aborted) return true
      throw error
    }
  }
}

/** What the command says of it. */
export function taskResult(task: TaskView): Result {
  const { id, state, problem } = task
  const ok = state !== 'failed' && state !== 'cancelled'
  const message = problem?.message ?? `The task is "${state}"`
  return {
    ...{ id, ok, task },
    ...(!ok && {
      problem: {
        // A newer server may have codes that this version does not know.
        code: isErrorCode(problem?.code) ? problem.code : 'CANCELLED',
        message,
        hint: `What it has written: plugbay tasks log ${id}`,
      },
    }),
  }
}
