// The background tasks of all plugins and of the server itself: schedules them, runs them while their plugin serves, and keeps what became
// of them.
// Invariant: at least once, but for those of the server (server-tasks.ts). A run holds a lease that is extended as long as this runtime lives; a write without it changes nothing.

import { randomUUID } from 'node:crypto'
import type { TakenTask, TaskSource, TaskSpec, TaskStarter } from '../../plugin-store/tasks/task-records.ts'
import type { TaskStore } from '../../plugin-store/tasks/task-store.ts'
import type { ScheduledTask } from '../../sdk/plugin-api/tasks.ts'
import type { TasksConfig } from '../config/config.ts'
import type { ServingPlugin } from '../contributions/live-plugin.ts'
import type { LivePlugins } from '../contributions/live-plugins.ts'
import { PlugbayError } from '../errors.ts'
import type { ValueChecks } from '../host/value-checks.ts'
import type { Log } from '../log.ts'
import type { GivenFolders } from '../sandbox/types.ts'
import { Dispatcher } from './dispatcher.ts'
import { isFailure } from './ending.ts'
import { createGuestRunner } from './guest-runner.ts'
import { type NewTaskParts, newTask, type TaskRequest } from './new-task.ts'
import { Plans } from './plans.ts'
import { RunLog } from './run-log.ts'
import { RunSlots } from './run-slots.ts'
import { newServerTask, type ServerTask, ServerTasks } from './server-tasks.ts'
import { asPlugbayError } from './task-error.ts'
import { TaskRun } from './task-run.ts'
import type { TaskRunner } from './task-runner.ts'
import { TaskWatchers } from './task-watchers.ts'

export interface TasksParts {
  readonly store: TaskStore
  readonly live: Pick<LivePlugins, 'current' | 'get' | 'subscribe'>
  readonly checks: ValueChecks
  readonly config: TasksConfig
  /** Lines that a run may write. */
  readonly logLinesPerSecond: number
  /** Folders for a run of a task that belongs to an action. */
  readonly foldersOf: (pluginId: string, action: NonNullable<TaskSpec['action']>) => Promise<GivenFolders>
  readonly log: Log
  /** Milliseconds since the epoch; `Date.now` by default. */
  readonly now?: () => number
}

/** Work of the server that can be asked for. */
export interface DefinedTask<Args> {
  /** With a key: while one of the same name and key has not finished, the id is that one's, and the outcome is "skipped". */
  schedule(
    args: Args,
    given: { readonly startedBy: TaskStarter; readonly key?: string },
  ): Promise<ScheduledTask>
}

const CLEAN_EVERY_MS = 3_600_000
const DAY_MS = 86_400_000
/** How long a stop of the runtime waits for checkpoints. */
const PAUSE_MS = 1000

export class BackgroundTasks {
  readonly watchers = new TaskWatchers()
  readonly now: () => number
  readonly #parts: TasksParts
  /** Of this runtime, in leases. */
  readonly #owner = randomUUID()
  readonly #runs = new Map<string, TaskRun>()
  readonly #ends = new Set<Promise<void>>()
  readonly #slots: RunSlots
  readonly #dispatcher: Dispatcher
  readonly #plans: Plans
  readonly #newTask: NewTaskParts
  readonly #server: ServerTasks
  #stops: (() => void)[] = []

  constructor(parts: TasksParts) {
    const { store, live, config, checks } = parts
    this.#parts = parts
    this.now = parts.now ?? Date.now
    this.#slots = new RunSlots(config)
    this.#server = new ServerTasks((error, task) =>
      this.#report(error, `the task "${task}" of the server failed`),
    )
    this.#newTask = { checks, now: this.now, maxDeadlineSeconds: config.maxDeadlineSeconds }
    this.#plans = new Plans({ store, newTask: this.#newTask })
    this.#dispatcher = new Dispatcher({
      ...{ store, slots: this.#slots, owner: this.#owner, leaseMs: config.leaseMs, now: this.now },
      sources: () => [
        ...(this.#server.isEmpty ? [] : [null]),
        ...live.current().flatMap((plugin) => (plugin.tasks === null ? [] : [plugin.id])),
      ],
      start: (taken) => this.#start(taken),
      onError: (error) => this.#report(error, 'tasks could not be taken'),
    })
  }

  /** Begins to run tasks. Only one runtime is on the store: what another one has left is its own now. */
  async start(): Promise<void> {
    const { store, live, config } = this.#parts
    await store.takeBack({ nowMs: this.now(), owner: this.#owner, alone: true })
    this.#stops = [
      live.subscribe(({ added, removed }) => {
        for (const { id } of removed) if (live.get(id)?.kind !== 'serving') this.#interrupt(id)
        for (const plugin of added) void this.#serve(plugin)
      }),
      every(config.leaseMs / 3, () =>
        this.#attempt('leases of tasks could not be extended', () => this.#heartbeat()),
      ),
      every(CLEAN_EVERY_MS, () =>
        this.#attempt('finished tasks could not be deleted', () => this.#cleanHistory()),
      ),
    ]
    this.#dispatcher.wake(null)
    await Promise.all(live.current().map((plugin) => this.#serve(plugin)))
    void this.#attempt('finished tasks could not be deleted', () => this.#cleanHistory())
  }

  /** The plugin was disabled: its declared tasks are scheduled again when it is enabled. */
  async disabled(pluginId: string): Promise<void> {
    await this.#plans.withdraw(pluginId, this.now())
  }

  /** @throws PlugbayError TASK_INVALID, TASK_UNKNOWN, TASK_CONFLICT, QUOTA_EXCEEDED, PLUGIN_UNAVAILABLE */
  async schedule(
    pluginId: string,
    name: string,
    given: Omit<TaskRequest, 'pluginId' | 'name'>,
  ): Promise<ScheduledTask> {
    const plugin = this.#parts.live.get(pluginId)
    if (plugin?.kind !== 'serving' || plugin.tasks === null)
      throw new PlugbayError('PLUGIN_UNAVAILABLE', `"${pluginId}" serves no tasks now`)
    const { task, dedupe } = await newTask({ pluginId, name, ...given }, plugin.manifest, this.#newTask)
    const how = { dedupe, maxOpen: this.#parts.config.maxOpen, nowMs: this.now() }
    const scheduled = await this.#parts.store.schedule(task, how).catch((error: unknown) => {
      throw asPlugbayError(error)
    })
    this.#dispatcher.wake(pluginId)
    return scheduled
  }

  /** Defines work of the server: see server-tasks.ts. */
  define<Args, Result>(task: ServerTask<Args, Result>): DefinedTask<Args> {
    this.#server.add(task)
    return {
      schedule: async (args, { startedBy, key }) => {
        const nowMs = this.now()
        const stored = newServerTask(task, args, { startedBy, key: key ?? null, nowMs })
        const scheduled = await this.#parts.store.schedule(stored, {
          ...{ dedupe: key === undefined ? 'add' : 'skip', nowMs },
        })
        this.#dispatcher.wake(null)
        return scheduled
      },
    }
  }

  /** The run that holds the lease; undefined for any other. */
  run(
    pluginId: TaskSource,
    { id, epoch }: { readonly id: string; readonly epoch?: number },
  ): TaskRun | undefined {
    const run = this.#runs.get(id)
    return run?.task.pluginId === pluginId && (epoch === undefined || run.lease.epoch === epoch)
      ? run
      : undefined
  }

  /** Something of the plugin, or of the server, may be due. */
  wake(pluginId: TaskSource): void {
    this.#dispatcher.wake(pluginId)
  }

  /** Puts back what runs, after a moment for checkpoints. Idempotent. */
  async close(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop()
    await this.#dispatcher.close()
    const ended = Promise.all(this.#ends)
    for (const run of this.#runs.values()) run.pause()
    const late = setTimeout(() => {
      for (const run of this.#runs.values()) run.breakOff()
    }, PAUSE_MS)
    await ended
    clearTimeout(late)
  }

  async #serve(plugin: ServingPlugin): Promise<void> {
    if (plugin.tasks === null) return
    await this.#attempt('tasks of a manifest could not be scheduled', async () => {
      const problem = await this.#plans.apply(plugin, this.now())
      if (problem !== undefined)
        plugin.reportError({ code: problem.code, name: problem.code, message: problem.message }, 'tasks')
    })
    this.#dispatcher.wake(plugin.id)
  }

  #start(taken: TakenTask): void {
    const { store, config } = this.#parts
    const { task } = taken
    const runner = task.pluginId === null ? this.#server : this.#guestRunner(task.pluginId)
    if (runner === undefined) return this.#keep(this.#giveBack(taken))
    const run = new TaskRun({
      ...{ taken, runner, store, graceMs: config.graceMs, now: this.now },
      log: this.#logOf(taken, runner),
      stopBackend: (because) => this.#stopBackend(because),
    })
    runner.backend?.spec.meter.countRequest()
    this.#slots.add(task)
    this.#runs.set(task.id, run)
    this.watchers.changed(task.id)
    this.#keep(this.#finish(run))
  }

  async #finish(run: TaskRun): Promise<void> {
    const { task } = run
    try {
      if (isFailure(task, await run.run())) run.runner.backend?.spec.meter.countError()
    } catch (error) {
      this.#report(error, 'the end of a task could not be stored')
    } finally {
      this.#slots.delete(task)
      this.#runs.delete(task.id)
      this.watchers.changed(task.id)
      // What is next of it may be due, and there is a place again.
      this.#dispatcher.wake(task.pluginId)
    }
  }

  async #giveBack({ task, lease }: TakenTask): Promise<void> {
    const { attempts, problem, worked } = task
    await this.#attempt('a task could not be put back', async () => {
      await this.#parts.store.putBack(lease, { runAtMs: task.runAtMs, attempts, problem, worked }, this.now())
    })
  }

  #guestRunner(pluginId: string): TaskRunner | undefined {
    const { live, logLinesPerSecond, foldersOf } = this.#parts
    const plugin = live.get(pluginId)
    if (plugin?.kind !== 'serving' || plugin.tasks === null) return undefined
    return createGuestRunner({
      ...{ plugin, backend: plugin.tasks, linesPerSecond: logLinesPerSecond },
      folders: (action) => foldersOf(pluginId, action),
      isServing: () => live.get(pluginId) === plugin,
    })
  }

  #logOf({ task, lease }: TakenTask, { mask, linesPerSecond }: TaskRunner): RunLog {
    const { store } = this.#parts
    return new RunLog(
      {
        ...{ store, task, lease, now: this.now, linesPerSecond, mask },
        onLine: (line) => this.watchers.line(task.id, line),
        onError: (error) => this.#report(error, 'the log of a task could not be stored'),
      },
      task.level,
      lease.epoch === 1,
    )
  }

  #stopBackend({ runner: { backend }, task }: TaskRun): void {
    if (backend === null) return
    for (const run of this.#runs.values())
      if (run.runner.backend === backend && run.task !== task) run.interrupt()
    backend.stopInstance()
  }

  #interrupt(pluginId: string): void {
    for (const run of this.#runs.values()) if (run.task.pluginId === pluginId) run.interrupt()
  }

  async #heartbeat(): Promise<void> {
    const { store, config } = this.#parts
    const before = [...this.#runs.values()]
    const nowMs = this.now()
    const held = await store.heartbeat({ owner: this.#owner, untilMs: nowMs + config.leaseMs })
    const byId = new Map(held.map((lease) => [lease.id, lease]))
    for (const run of before) {
      if (this.#runs.get(run.task.id) !== run) continue
      const lease = byId.get(run.task.id)
      if (lease?.epoch !== run.lease.epoch) run.lose()
      else if (lease.isCancelling) run.stop('cancelled')
    }
    if ((await store.takeBack({ nowMs, owner: this.#owner, alone: false })) > 0) this.#dispatcher.wakeAll()
  }

  async #cleanHistory(): Promise<void> {
    const { store, config } = this.#parts
    await store.clean({ finishedBeforeMs: this.now() - config.historyDays * DAY_MS })
  }

  #keep(work: Promise<void>): void {
    this.#ends.add(work)
    void work.finally(() => this.#ends.delete(work))
  }

  async #attempt(failure: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.#report(error, failure)
    }
  }

  #report(error: unknown, message: string): void {
    this.#parts.log.error({ error: String(error) }, message)
  }
}

function every(ms: number, work: () => Promise<void>): () => void {
  const timer = setInterval(() => void work(), ms)
  return () => clearInterval(timer)
}
