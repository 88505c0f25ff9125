// One attempt to run a task, from its lease to what is stored of its end.
// Invariant: it ends once; what it stores is stored only while it holds the lease, and no lease is left behind.

import type { Lease } from '../../plugin-store/leased-queue.ts'
import type { TakenTask, TaskProgress, TaskRecord } from '../../plugin-store/tasks/task-records.ts'
import type { TaskStore } from '../../plugin-store/tasks/task-store.ts'
import type { TaskLevel } from '../../sdk/protocol/task-levels.ts'
import type { TaskChange, TaskReport } from '../../sdk/protocol/task-wire.ts'
import { PlugbayError } from '../errors.ts'
import { type Attempt, type Ending, endingOf, type StopReason } from './ending.ts'
import type { RunLog } from './run-log.ts'
import type { TaskRunner } from './task-runner.ts'

export interface TaskRunParts {
  readonly taken: TakenTask
  readonly runner: TaskRunner
  readonly store: Pick<TaskStore, 'end' | 'putBack' | 'checkpoint'>
  readonly log: RunLog
  readonly graceMs: number
  readonly now: () => number
  /** Stops the backend of the tasks, and with it all runs of the release. */
  readonly stopBackend: (because: TaskRun) => void
}

/** A call that outlives this is broken off whatever its runtime does. */
const CALL_MARGIN_MS = 60_000

export class TaskRun {
  readonly task: TaskRecord
  readonly lease: Lease
  readonly runner: TaskRunner
  readonly log: RunLog
  readonly #parts: TaskRunParts
  readonly #broken = new AbortController()
  #stopReason: StopReason | undefined
  #isInterrupted = false
  #isLost = false
  #progress: TaskProgress | undefined
  #worked = false
  #warning: string | undefined
  #failure: string | undefined
  #timers: NodeJS.Timeout[] = []

  constructor(parts: TaskRunParts) {
    this.#parts = parts
    this.task = parts.taken.task
    this.lease = parts.taken.lease
    this.runner = parts.runner
    this.log = parts.log
  }

  /** The newest; undefined before the first. */
  get progress(): TaskProgress | undefined {
    return this.#progress
  }

  get worked(): boolean {
    return this.#worked
  }

  /** Resolves with what has become of it. Rejects when that could not be stored: the lease will run out. */
  async run(): Promise<Ending> {
    const { task } = this
    this.log.always(`Executing task "${task.name}", attempt ${task.attempts + 1} of ${task.spec.maxAttempts}`)
    this.log.always(`Executed by ${wordsOf(task)}`)
    const deadlineMs = task.spec.deadlineSeconds * 1000
    this.#after(deadlineMs, () => this.stop('deadline'))
    const attempt = await this.#attempt(deadlineMs)
    for (const timer of this.#timers) clearTimeout(timer)
    const ending = endingOf(task, attempt, this.#parts.now())
    this.log.always(ending.words)
    await Promise.all([this.#store(ending), this.log.flush()])
    return ending
  }

  /** Signals the task to end; its backend is stopped when it has not after the time of grace. */
  stop(reason: StopReason): void {
    if (this.#stopReason !== undefined) return
    this.#stopReason = reason
    this.#send({ stop: reason })
    this.#after(this.#parts.graceMs, () => {
      this.log.always('The task did not end when it was told to: its backend is stopped')
      this.#parts.stopBackend(this)
      this.#broken.abort()
    })
  }

  /** Ends without fault of its own, and is to run again: its release is gone, or its backend was stopped because of another task. */
  interrupt(): void {
    this.#isInterrupted = true
  }

  /** The runtime is about to stop: the task may store a checkpoint. */
  pause(): void {
    this.#isInterrupted = true
    this.#send({ stop: 'stopping' })
  }

  /** The runtime stops: whatever the task does, it is put back. */
  breakOff(): void {
    this.#isInterrupted = true
    this.#broken.abort()
  }

  /** Another runner may have it: nothing more of it is stored. */
  lose(): void {
    this.#isLost = true
    this.#send({ stop: 'cancelled' })
    this.breakOff()
  }

  setLevel(level: TaskLevel): void {
    this.log.level = level
    this.#send({ level })
  }

  /** What the guest has checked itself, and may have been tampered with: see parse-report.ts. */
  report(report: TaskReport): void {
    this.log.add(report.lines ?? [], report.dropped ?? 0)
    if (report.progress !== undefined) {
      this.#progress = report.progress
      this.log.progress(report.progress)
    }
    this.#worked ||= report.worked === true
    this.#warning = report.warning ?? this.#warning
    this.#failure = report.failure ?? this.#failure
  }

  /**
   * Stores what the next attempt begins with.
   * @throws PlugbayError TASK_LOST, or RELEASE_REPLACED when the task goes on in another release
   */
  async checkpoint(state: unknown): Promise<void> {
    if (!(await this.#parts.store.checkpoint(this.lease, state))) throw lost()
    if (this.runner.isServing()) return
    this.#isInterrupted = true
    // The refusal ends the handler; if it goes on, its run is over all the same.
    setImmediate(() => this.#broken.abort())
    throw new PlugbayError('RELEASE_REPLACED', 'The task goes on in the release that serves now')
  }

  async #attempt(deadlineMs: number): Promise<Attempt> {
    const { runner, task, lease, log } = this
    const outcome = await runner.attempt({
      ...{ task, lease, log, signal: this.#broken.signal },
      deadlineMs: deadlineMs + this.#parts.graceMs + CALL_MARGIN_MS,
      report: (report) => this.report(report),
    })
    return {
      outcome,
      stopReason: this.#stopReason,
      isInterrupted: this.#isInterrupted || !runner.isServing(),
      worked: this.#worked,
      warning: this.#warning,
      failure: this.#failure,
    }
  }

  async #store(ending: Ending): Promise<void> {
    if (this.#isLost) return
    const { store, now } = this.#parts
    if (ending.kind === 'back') await store.putBack(this.lease, ending.back, now())
    else await store.end(this.lease, { ...ending.end, progress: this.#progress ?? null }, now())
  }

  #send(change: Omit<TaskChange, 'ref'>): void {
    this.runner.tell({ ref: [this.lease.id, this.lease.epoch], ...change })
  }

  #after(ms: number, act: () => void): void {
    this.#timers.push(setTimeout(act, Math.min(ms, MAX_TIMER_MS)))
  }
}

/** A longer timer of Node ends at once. */
const MAX_TIMER_MS = 2 ** 31 - 1

export function lost(): PlugbayError {
  return new PlugbayError('TASK_LOST', 'The task is not run by this one any more')
}

function wordsOf({ spec: { startedBy } }: TaskRecord): string {
  const { user } = startedBy
  switch (startedBy.kind) {
    case 'user':
      return `user "${startedBy.name}"`
    case 'plugin':
      return `the plugin "${startedBy.name}"${user === undefined ? '' : ` for user "${user}"`}`
    case 'schedule':
      return `the schedule of "${startedBy.name}"`
  }
}
