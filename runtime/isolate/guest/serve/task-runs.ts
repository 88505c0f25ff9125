// The runs of tasks in this isolate: the object that a handler gets, the signal to stop, and the reply with what is left to tell.

import type { Task, TaskLog } from '../../../../sdk/plugin-api/tasks.ts'
import { TASK_LEVELS, type TaskLevel, type TaskLevelName } from '../../../../sdk/protocol/task-levels.ts'
import type { TaskChange, TaskHead, TaskReply } from '../../../../sdk/protocol/task-wire.ts'
import type { HostCall } from '../env/host-calls.ts'
import { DOMException } from '../web/base/dom-exception.ts'
import {
  apply,
  freeze,
  hasOwn,
  mapDelete,
  mapGet,
  mapSet,
  max,
  min,
  SafePromise,
} from '../web/base/primordials.ts'
import type { Abort } from '../web/events/abort.ts'
import { reportOf } from './error-report.ts'
import type { Handler } from './exports.ts'
import { TaskReporter } from './task-report.ts'

export interface TaskRunParts {
  readonly call: HostCall
  readonly createAbort: () => Abort
  /** A value as text for a log. */
  readonly inspect: (value: unknown) => string
}

interface Run {
  readonly abort: Abort
  level: TaskLevel
}

const { String: toText, Number: toNumber } = globalThis

export class TaskRuns {
  readonly #parts: TaskRunParts
  readonly #runs = new Map<string, Run>()

  constructor(parts: TaskRunParts) {
    this.#parts = parts
  }

  /** The event "task.changed". */
  change({ ref: [id], stop, level }: TaskChange): void {
    const run = mapGet(this.#runs, id)
    if (run === undefined) return
    if (level !== undefined) run.level = level
    if (stop !== undefined) run.abort.abort(new DOMException(REASONS[stop], 'AbortError'))
  }

  /** The handler of a guest call "task.run", which takes its head and resolves with its reply. */
  handlerOf(handler: Handler): Handler {
    const run = async (head: TaskHead, ...rest: readonly unknown[]): Promise<TaskReply> => {
      const { call, createAbort } = this.#parts
      const state: Run = { abort: createAbort(), level: head.level }
      mapSet(this.#runs, head.id, state)
      const reporter = new TaskReporter(head.ref, call)
      const task = this.#taskOf(head, state, reporter)
      try {
        // Exceptions of the handler, and of the `then` of its result, reject this promise.
        const value = await new SafePromise((resolve) =>
          resolve(apply(handler.method, handler.owner, [task, ...rest])),
        )
        return { ok: true, value, report: reporter.end() }
      } catch (error) {
        return { ok: false, error: reportOf(error), report: reporter.end() }
      } finally {
        mapDelete(this.#runs, head.id)
      }
    }
    return { owner: undefined, method: (...args) => run(...(args as [TaskHead, ...unknown[]])) }
  }

  #taskOf(head: TaskHead, run: Run, reporter: TaskReporter): Task {
    const { id, name, args, key, attempt, maxAttempts, scheduledFor, startedBy, checkpoint, ref } = head
    const { call } = this.#parts
    return freeze({
      ...{ id, name, args, key, attempt, maxAttempts, scheduledFor },
      startedBy: freeze(startedBy),
      state: checkpoint,
      log: this.#logOf(run, reporter),
      get signal() {
        return run.abort.signal
      },
      progress: (fraction: number, message?: string) =>
        reporter.progress({
          fraction: shareOf(fraction),
          part: null,
          ...(message !== undefined && { message: toText(message) }),
        }),
      partProgress: (fraction: number) => reporter.progress({ part: shareOf(fraction) }),
      worked: () => reporter.worked(),
      warning: (message: string) => reporter.warning(toText(message)),
      failure: (message: string) => reporter.failure(toText(message)),
      checkpoint: async (state: unknown) => {
        await call('tasks.checkpoint', [ref, state ?? null])
      },
    })
  }

  #logOf(run: Run, reporter: TaskReporter): TaskLog {
    const { inspect } = this.#parts
    const at =
      (level: TaskLevel) =>
      (...values: unknown[]): void => {
        // What is not kept costs nothing.
        if (level < run.level) return
        let text = ''
        for (let index = 0; index < values.length; index++) {
          const value = values[index]
          text += `${index === 0 ? '' : ' '}${typeof value === 'string' ? value : inspect(value)}`
        }
        reporter.line(level, text)
      }
    return freeze({
      trace: at(TASK_LEVELS.TRACE),
      debug: at(TASK_LEVELS.DEBUG),
      info: at(TASK_LEVELS.INFO),
      warn: at(TASK_LEVELS.WARN),
      error: at(TASK_LEVELS.ERROR),
      critical: at(TASK_LEVELS.CRITICAL),
      always: at(TASK_LEVELS.ALWAYS),
      isKept: (level: string) =>
        hasOwn(TASK_LEVELS, level) && TASK_LEVELS[level as TaskLevelName] >= run.level,
    })
  }
}

const REASONS = {
  cancelled: 'The task was cancelled',
  deadline: 'The deadline of the task has passed',
  stopping: 'The server stops: store a checkpoint, the task goes on after its start',
} as const

/** From 0 to 1, whatever was given. */
function shareOf(value: unknown): number {
  const share = toNumber(value)
  return share >= 0 ? min(1, max(0, share)) : 0
}
