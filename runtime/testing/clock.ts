// The time of a test, and the background tasks that are due by it.
// Invariant: time passes from one due task to the next, and only while no task runs, so that what repeats runs each time.

import type { TaskView } from '../../sdk/api/tasks.ts'
import type { Runtime } from '../runtime.ts'
import type { BackgroundTasks } from '../tasks/background-tasks.ts'
import { createTaskAdmin } from '../tasks/task-admin.ts'

export interface TestClock {
  /** Of background tasks; it goes on by itself, like any clock. */
  now(): Date
  /** Lets time pass: every task that is due on the way runs, one after the other. Resolves when none runs. */
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
const ACTOR = 'test'

/** Known before the runtime, which asks it for the time. */
export class Time {
  #ahead: number

  constructor(start: Date | string | undefined) {
    this.#ahead = start === undefined ? 0 : momentOf(start) - Date.now()
  }

  readonly now = (): number => Date.now() + this.#ahead

  set(ms: number): void {
    this.#ahead = ms - Date.now()
  }
}

export function testTime(
  pluginId: string,
  time: Time,
  runtime: Runtime,
): { readonly clock: TestClock; readonly tasks: TestTasks } {
  const { tasks: background, store } = runtime
  const admin = createTaskAdmin({ tasks: background, store: store.tasks, audit: store.audit })
  const list = async () => (await admin.list({ plugin: pluginId })).items
  const settle = () => settled(list, { background, pluginId, now: time.now })
  const goTo = async (end: number): Promise<void> => {
    for (;;) {
      await settle()
      const next = await store.tasks.nextRunAt([pluginId], time.now())
      if (next === undefined || next > end) break
      time.set(Math.max(next, time.now()))
    }
    time.set(end)
    await settle()
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
}

async function settled(
  list: () => Promise<readonly TaskView[]>,
  { background, pluginId, now }: Settling,
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
    if (first === undefined) return
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
