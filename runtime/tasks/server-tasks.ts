// Tasks of the server itself: work of the runtime that takes minutes, that administrators follow and may cancel. They are stored, run and
// shown as those of plugins are; their "plugin" is null.
// Invariant: one that a stop, a crash or a lost lease has cut off has failed (TASK_INTERRUPTED), and begins again only when it is asked
// for again.
//
// A part with such work defines it once, while the runtime is put together, and schedules it whenever it is asked for:
//
//   const init = tasks.define<{ limit: string | null }, { done: string[] }>({
//     name: 'init',                                        // "images.build" is in the queue "images": one of a queue runs at a time
//     deadlineSeconds: 3600,
//     async run({ limit }, run) {
//       run.log.info('…')                                  // run.log.debug · info · warn · error
//       run.progress(0.5, 'redis')                         // from 0 to 1
//       await start('…', { signal: run.signal })           // aborted when it is to end: kill what was started, and throw
//       return { done: ['redis'] }                         // JSON: the result
//     },                                                   // what it throws is the problem: code and message of a PlugbayError
//   })
//   const { id } = await init.schedule({ limit: null }, { startedBy: { kind: 'user', name: 'ada' }, key: 'init' })
//
// The route that schedules it answers 202 with the id of the task; the command follows it with followTask() of runtime/cli.

import { randomUUID } from 'node:crypto'
import type { NewTask, TaskStarter } from '../../plugin-store/tasks/task-records.ts'
import { DEFAULT_TASK_LEVEL, TASK_LEVELS, type TaskLevel } from '../../sdk/protocol/task-levels.ts'
import type { TaskReport } from '../../sdk/protocol/task-wire.ts'
import { PlugbayError } from '../errors.ts'
import type { Attempt } from './ending.ts'
import { QUEUE_WEIGHT } from './read-options.ts'
import type { AttemptCall, TaskRunner } from './task-runner.ts'

export interface ServerTask<Args, Result> {
  /** Dotted. Tasks with the same first part share a queue, in which one runs at a time. */
  readonly name: string
  readonly deadlineSeconds: number
  /** Args and result are JSON. */
  run(args: Args, run: ServerRun): Promise<Result>
}

export interface ServerRun {
  readonly id: string
  readonly startedBy: TaskStarter
  /** Aborted when the task is cancelled, its deadline passes or the server stops: end what was started, soon, and throw. */
  readonly signal: AbortSignal
  /** Lines are cut at 500 characters; the last 1,000 are kept. */
  readonly log: Readonly<Record<'debug' | 'info' | 'warn' | 'error', (text: string) => void>>
  /** @param fraction 0 to 1 */
  progress(fraction: number, message?: string): void
  /** The task ends as "warning", unless it fails. */
  warning(message: string): void
}

/** As many lines a second as are kept at all. */
const LINES_PER_SECOND = 1000
const PRIORITY = 5

export class ServerTasks implements TaskRunner {
  readonly backend = null
  readonly linesPerSecond = LINES_PER_SECOND
  readonly #onError: (error: unknown, task: string) => void
  readonly #byName = new Map<string, ServerTask<unknown, unknown>>()
  readonly #stops = new Map<string, AbortController>()

  /** @param onError what no administrator can do anything about */
  constructor(onError: (error: unknown, task: string) => void) {
    this.#onError = onError
  }

  get isEmpty(): boolean {
    return this.#byName.size === 0
  }

  add<Args, Result>({ name, deadlineSeconds, run }: ServerTask<Args, Result>): void {
    // Scheduled by its definition only, which has this type.
    this.#byName.set(name, { name, deadlineSeconds, run: (args, given) => run(args as Args, given) })
  }

  isServing(): boolean {
    return true
  }

  mask(text: string): string {
    return text
  }

  async attempt(call: AttemptCall): Promise<Attempt['outcome']> {
    const { task, signal } = call
    const defined = this.#byName.get(task.name)
    if (defined === undefined)
      return { ok: false, code: 'HANDLER_MISSING', message: `This server knows no task "${task.name}"` }
    const stop = new AbortController()
    this.#stops.set(task.id, stop)
    const broken = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new PlugbayError('CANCELLED')), { once: true })
    })
    try {
      call.report({ worked: true })
      const result = await Promise.race([defined.run(task.spec.args, runOf(call, stop.signal)), broken])
      return { ok: true, value: result ?? null }
    } catch (error) {
      return this.#failed(error, { name: task.name, isStopped: stop.signal.aborted })
    } finally {
      this.#stops.delete(task.id)
      stop.abort()
    }
  }

  tell({ ref: [id], stop }: Parameters<TaskRunner['tell']>[0]): void {
    if (stop !== undefined) this.#stops.get(id)?.abort()
  }

  #failed(
    error: unknown,
    { name, isStopped }: { readonly name: string; readonly isStopped: boolean },
  ): Attempt['outcome'] {
    if (error instanceof PlugbayError) return { ok: false, code: error.code, message: error.message }
    if (!isStopped) this.#onError(error, name)
    return { ok: false, code: 'INTERNAL', message: error instanceof Error ? error.message : String(error) }
  }
}

/** What is stored of a task that is asked for now. */
export function newServerTask<Args>(
  { name, deadlineSeconds }: Pick<ServerTask<Args, unknown>, 'name' | 'deadlineSeconds'>,
  args: Args,
  given: { readonly startedBy: TaskStarter; readonly key: string | null; readonly nowMs: number },
): NewTask {
  const { startedBy, key, nowMs } = given
  const [queue = name] = name.split('.')
  return {
    ...{ id: randomUUID(), pluginId: null, name, key, queue, priority: PRIORITY, weight: QUEUE_WEIGHT },
    ...{ isExclusive: false, runAtMs: nowMs, dueMs: nowMs, afterId: null, level: DEFAULT_TASK_LEVEL },
    spec: {
      ...{
        args,
        repeat: null,
        repeatUntilMs: null,
        maxAttempts: 1,
        backoff: null,
        deadlineSeconds,
        startedBy,
      },
    },
  }
}

function runOf({ task, report }: AttemptCall, signal: AbortSignal): ServerRun {
  const write = (level: TaskLevel) => (text: string) =>
    report({ lines: [[level, text, Date.now()]] } satisfies TaskReport)
  return {
    ...{ id: task.id, startedBy: task.spec.startedBy, signal },
    log: {
      debug: write(TASK_LEVELS.DEBUG),
      info: write(TASK_LEVELS.INFO),
      warn: write(TASK_LEVELS.WARN),
      error: write(TASK_LEVELS.ERROR),
    },
    progress: (fraction, message) => report({ progress: { fraction, part: null, message: message ?? null } }),
    warning: (message) => report({ warning: message }),
  }
}
