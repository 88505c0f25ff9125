// What runs the tasks of one source: the backend of a plugin's release, or the server itself. A run (task-run.ts) is the same for both.

import type { Lease } from '../../plugin-store/leased-queue.ts'
import type { TaskRecord } from '../../plugin-store/tasks/task-records.ts'
import type { TaskChange, TaskReport } from '../../sdk/protocol/task-wire.ts'
import type { TaskBackend } from '../contributions/live-plugin.ts'
import type { Attempt } from './ending.ts'
import type { RunLog } from './run-log.ts'

export interface TaskRunner {
  /** Whose process is shared by all runs of a release; null for the server. */
  readonly backend: TaskBackend | null
  /** Lines that a run may write. */
  readonly linesPerSecond: number
  /** Masks secrets. */
  readonly mask: (text: string) => string
  /** Whether a further attempt would have the same runner. */
  isServing(): boolean
  /** One attempt, from its call to its end. Never rejects; resolves soon after `signal` is aborted, whatever the task does. */
  attempt(call: AttemptCall): Promise<Attempt['outcome']>
  /** Tells a run that it is to stop, or the level of its log. */
  tell(change: TaskChange): void
}

export interface AttemptCall {
  readonly task: TaskRecord
  readonly lease: Lease
  readonly log: RunLog
  /** A call that outlives this is broken off. */
  readonly deadlineMs: number
  readonly signal: AbortSignal
  readonly report: (report: TaskReport) => void
}
