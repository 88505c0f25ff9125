// The time of a test: of background tasks, of the backend (Date, timers, performance.now()) and of its data (what expires).
// Invariant: time passes from one due task or timer to the next, and only while nothing runs but what waits for a timer, so that what
// repeats runs each time.

import { setImmediate } from 'node:timers/promises'
import type { TaskView } from '../../sdk/api/tasks.ts'
import type { OutsideSandbox } from '../host-calls/outside.ts'
import type { Runtime } from '../runtime.ts'
import type { BackgroundTasks } from '../tasks/background-tasks.ts'
import { createTaskAdmin } from '../tasks/task-admin.ts'
import type { OpenCalls } from './open-calls.ts'

export interface TestClock {
  /** It goes on by itself, like any clock. */
  now(): Date
  /** Lets time pass: every task and timer that is due on the way runs, one after the other. Resolves when none runs. */
  advance(ms: number): Promise<void>
  /** As `advance`, to a moment. Rejects with a RangeError for one that has passed. */
  goTo(moment: Date | string): Promise<void>
}

export interface TestTasks {
  /** Newest first. */
  list(): Promise<readonly TaskView[]>
  /**
   * Schedules a task of the manifest, and resolves when it has ended, or waits for a retry. Rejects with TASK_INVALID for arguments that do
   * not match.
   */
  run(name: string, args?: unknown): Promise<TaskView>
  /** The lines that a task has logged. */
  log(id: string): Promise<readonly string[]>
  /** Resolves when no task runs, or is due. */
  settle(): Promise<void>
}

const SETTLE_MS = 30_000
const LOOK_MS = 10
const QUIET_ROUNDS = 3
/** Of one step of the test: then an interval runs once, as after a sleep of the machine. */
const MAX_TIMERS = 1000
const ACTOR = 'test'

/** Known before the runtime, which asks it for the time. */
export class Time {
  #ahead: number

  constructor(start: Date | string | undefined) {
    this.#ahead = start === undefined ? 0 : momentOf(start) - Date.now()
  }

  readonly now = (): number => Date.now() + this.#ahead

  /** Milliseconds before the clock of the machine. */
  readonly ahead = (): number => this.#ahead

  set(ms: number): void {
    this.#ahead = ms - Date.now()
  }
}

export interface TimeParts {
  readonly pluginId: string
  readonly time: Time
  readonly runtime: Runtime
  readonly sandbox: OutsideSandbox
  readonly calls: OpenCalls
}

export function testTime({ pluginId, time, runtime, sandbox, calls }: TimeParts): {
  readonly clock: TestClock
  readonly tasks: TestTasks
} {
  const { tasks: background, store } = runtime
  const admin = createTaskAdmin({ tasks: background, store: store.tasks, audit: store.audit })
  const list = async () => (await admin.list({ plugin: pluginId })).items
  /** When the next timer is due, once the backend waits for nothing else. What it was answered has arrived before it says so. */
  const quiet = async (): Promise<number | undefined> => {
    for (let rounds = 0; ; rounds++) {
      const next = await sandbox.setClock(time.ahead())
      // An answer leaves after its call has ended, and bodies follow it.
      if (await calls.answered()) rounds = 0
      else if (rounds >= QUIET_ROUNDS) return next
      await setImmediate()
    }
  }
  const settle = (isAsleep = async () => false) =>
    settled(list, { background, pluginId, now: time.now, isAsleep })
  const goTo = async (end: number): Promise<void> => {
    for (let timers = 0; ; ) {
      const nextTimer = async () => (timers < MAX_TIMERS ? await quiet() : undefined)
      // A task that sleeps until then ends later.
      await settle(async () => ((await nextTimer()) ?? end) < end)
      const timer = (await nextTimer()) ?? Number.POSITIVE_INFINITY
      const task = (await store.tasks.nextRunAt([pluginId], time.now())) ?? Number.POSITIVE_INFINITY
      const next = Math.min(timer, task)
      if (next > end) break
      if (timer <= task) timers++
      time.set(Math.max(next, time.now()))
    }
    time.set(end)
    await quiet()
    await settle()
    await quiet()
  }
  return {
    clock: {
      now: () => new Date(time.now()),
      advance: (ms) => goTo(time.now() + ms),
      async goTo(moment) {
        const end = momentOf(moment)
        if (end < time.now())
          throw new RangeError(`${String(moment)} has passed: it is ${new Date(time.now()).toISOString()}`)
        await goTo(end)
      },
    },
    tasks: {
      list,
      settle,
      async run(name, args) {
        const { id } = await admin.schedule({ plugin: pluginId, name, args }, ACTOR)
        await settle()
        return await admin.get(id)
      },
      log: async (id) => (await admin.lines(id, 0)).map(({ text }) => text),
    },
  }
}

interface Settling {
  readonly background: Pick<BackgroundTasks, 'wake'>
  readonly pluginId: string
  readonly now: () => number
  /** Whether a task that runs does nothing but wait for a timer that the step of the test includes. */
  readonly isAsleep: () => Promise<boolean>
}

async function settled(
  list: () => Promise<readonly TaskView[]>,
  { background, pluginId, now, isAsleep }: Settling,
): Promise<void> {
  const end = performance.now() + SETTLE_MS
  for (;;) {
    background.wake(pluginId)
    const all = await list()
    const isDone = (id: string | null) =>
      id === null || all.every((each) => each.id !== id || each.finishedAt !== null)
    const first = all.find(
      ({ state, runAt, runAfter }) =>
        state === 'running' ||
        state === 'cancelling' ||
        (state === 'waiting' && Date.parse(runAt) <= now() && isDone(runAfter)),
    )
    if (first === undefined || (first.state === 'running' && (await isAsleep()))) return
    if (performance.now() > end)
      throw new Error(`The task "${first.name}" is ${first.state} after ${SETTLE_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

function momentOf(moment: Date | string): number {
  const ms = new Date(moment).getTime()
  if (Number.isNaN(ms)) throw new RangeError(`${String(moment)} is no date`)
  return ms
}
