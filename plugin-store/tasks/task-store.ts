// The tasks of all plugins: scheduled, taken under a lease, ended. What is due when is up to the caller.
// Invariant: the end of a task and its next repetition are one transaction, so that no schedule is lost and none is doubled.

import type { Page, PageQuery } from '../../sdk/api/lists.ts'
import type { TaskLevel } from '../../sdk/protocol/task-levels.ts'
import type { TaskState } from '../../sdk/protocol/task-states.ts'
import type { HeldLease, Lease, LeaseTime, Orphans } from '../leased-queue.ts'
import type {
  Dedupe,
  NewTask,
  Scheduled,
  TakenTask,
  TaskEnd,
  TaskLine,
  TaskProgress,
  TaskRecord,
  TaskReturn,
  TaskSource,
} from './task-records.ts'

export interface TaskFilter {
  readonly pluginId?: string
  readonly name?: string
  readonly queue?: string
  readonly states?: readonly TaskState[]
}

export interface Take extends LeaseTime {
  readonly pluginId: TaskSource
  readonly nowMs: number
  readonly limit: number
  /** Queues that have no room. */
  readonly fullQueues: readonly string[]
  /** Which of the candidates, in order of priority, fit beside what runs. */
  readonly choose: (candidates: readonly Candidate[]) => readonly Candidate[]
}

export type Candidate = Pick<TaskRecord, 'id' | 'name' | 'key' | 'queue' | 'weight' | 'isExclusive'>

/** What an administrator, or the plugin itself, may change of a waiting task. */
export interface WaitingChange {
  readonly runAtMs?: number
  readonly priority?: number
}

/** Every method rejects with a StoreError. A write that names a lost lease resolves with false, and changes nothing. */
export interface TaskStore {
  /** Rejects with QUOTA_EXCEEDED when the plugin has `maxOpen` open tasks. */
  schedule(
    task: NewTask,
    how: { readonly dedupe: Dedupe; readonly maxOpen?: number; readonly nowMs: number },
  ): Promise<Scheduled>
  take(take: Take): Promise<readonly TakenTask[]>
  /** What the owner still holds. */
  heartbeat(time: LeaseTime): Promise<readonly HeldLease[]>
  /**
   * Lets tasks wait again whose runner is gone; those that were replaced meanwhile are cancelled, and those of the server itself have
   * failed. Returns the number of those that wait again.
   */
  takeBack(orphans: Orphans): Promise<number>
  progress(lease: Lease, progress: TaskProgress): Promise<boolean>
  /** @param checkpoint JSON */
  checkpoint(lease: Lease, checkpoint: unknown): Promise<boolean>
  /** Ends a task, adds its next repetition, and lets go or cancels what waited for it. */
  end(lease: Lease, end: TaskEnd, nowMs: number): Promise<boolean>
  putBack(lease: Lease, back: TaskReturn, nowMs: number): Promise<boolean>
  /** A waiting task is cancelled, a running one becomes `cancelling`. Resolves with its state; undefined for one that has finished. */
  cancel(id: string, nowMs: number): Promise<'cancelled' | 'cancelling' | undefined>
  /** False: it does not wait. */
  change(id: string, change: WaitingChange): Promise<boolean>
  /** A finished task waits again, with all its attempts, and without repetitions of its own. False: it has not finished. */
  retry(id: string, nowMs: number): Promise<boolean>
  setLevel(id: string, level: TaskLevel): Promise<boolean>
  get(id: string): Promise<TaskRecord | undefined>
  /** Newest first. */
  list(query: PageQuery & TaskFilter): Promise<Page<TaskRecord>>
  /** The next time at which a task of these is to run, after `nowMs`. */
  nextRunAt(sources: readonly TaskSource[], nowMs: number): Promise<number | undefined>
  /** Adds lines; keeps the newest `keep` of the task. */
  addLines(taskSeq: number, lines: readonly TaskLine[], keep: number): Promise<void>
  lines(taskSeq: number, after: number): Promise<readonly TaskLine[]>
  /** The number of the last line; 0 without any. */
  lastLine(taskSeq: number): Promise<number>
  /** Deletes finished tasks; `unworked`: only those that did nothing and had no warning. Returns their number. */
  clean(what: {
    readonly pluginId?: string
    readonly finishedBeforeMs?: number
    readonly unworked?: boolean
  }): Promise<number>
  /** What the declared tasks of the plugin were last scheduled for. */
  plan(pluginId: string): Promise<string | undefined>
  /** Schedules the declared tasks and records the plan, in one transaction. */
  applyPlan(pluginId: string, plan: TaskPlan, nowMs: number): Promise<void>
}

export interface TaskPlan {
  readonly plan: string
  readonly tasks: readonly { readonly task: NewTask; readonly dedupe: Dedupe }[]
  /** Waiting tasks of other names are cancelled; null: none. */
  readonly names: readonly string[] | null
}
