// Timing: finds out which tasks are due, takes as many as there are places, and hands them over to be run.
// Invariant: a plugin (or the server, null) with tasks that are due and places for them is looked at; one with 10,000 tasks does not keep others from
// theirs, since plugins take turns.

import type { TakenTask, TaskSource } from '../../plugin-store/tasks/task-records.ts'
import type { TaskStore } from '../../plugin-store/tasks/task-store.ts'
import type { RunSlots } from './run-slots.ts'

export interface DispatcherParts {
  readonly store: Pick<TaskStore, 'take' | 'nextRunAt'>
  readonly slots: RunSlots
  readonly owner: string
  readonly leaseMs: number
  readonly now: () => number
  /** Plugins that can run tasks now; null for the server. */
  readonly sources: () => readonly TaskSource[]
  readonly start: (taken: TakenTask) => void
  readonly onError: (error: unknown) => void
}

/** Bounds one transaction. */
const MAX_TAKEN = 50
/** The clock of the machine may be set: longer waits are looked at again. */
const MAX_WAIT_MS = 60_000
const AFTER_ERROR_MS = 1000

export class Dispatcher {
  readonly #parts: DispatcherParts
  /** Plugins that may have something to run, in the order of their turns. */
  readonly #ready = new Set<TaskSource>()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #isClosed = false

  constructor(parts: DispatcherParts) {
    this.#parts = parts
  }

  /** Something of the plugin may be due, or a place for it has become free. */
  wake(source: TaskSource): void {
    this.#ready.add(source)
    this.#look()
  }

  /** Something of any plugin may be due. */
  wakeAll(): void {
    for (const id of this.#parts.sources()) this.#ready.add(id)
    this.#look()
  }

  /** Takes nothing any more. Resolves when what was being taken has been handed over. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#looking
  }

  #look(): void {
    if (this.#isClosed || this.#looking !== undefined) return
    this.#looking = this.#takeAll()
      .catch((error: unknown) => {
        this.#parts.onError(error)
        this.#sleep(AFTER_ERROR_MS)
      })
      .finally(() => {
        this.#looking = undefined
        if (this.#ready.size > 0) this.#look()
      })
  }

  async #takeAll(): Promise<void> {
    const { sources, store, now } = this.#parts
    // Others are woken while one is looked at: this ends when none has both tasks and places.
    for (let source = this.#next(); source !== undefined && !this.#isClosed; source = this.#next())
      await this.#take(source)
    const next = await store.nextRunAt(sources(), now())
    this.#sleep(next === undefined ? MAX_WAIT_MS : next - now())
  }

  #next(): TaskSource | undefined {
    const [first] = this.#ready
    if (first !== undefined) this.#ready.delete(first)
    return first
  }

  async #take(source: TaskSource): Promise<void> {
    const { store, slots, owner, leaseMs, now, sources, start } = this.#parts
    const fullQueues = new Set(slots.fullQueues(source))
    for (let isMore = true; isMore && slots.free(source) > 0 && sources().includes(source); ) {
      const nowMs = now()
      const taken = await store.take({
        ...{ pluginId: source, nowMs, owner, fullQueues: [...fullQueues], limit: MAX_TAKEN },
        untilMs: nowMs + leaseMs,
        choose: (candidates) => {
          const { chosen, blocked } = slots.choose(source, candidates)
          // Behind the tasks of a queue that is full there may be those of others.
          isMore = candidates.length === MAX_TAKEN && (chosen.length > 0 || blocked.length > 0)
          for (const queue of blocked) fullQueues.add(queue)
          return chosen
        },
      })
      for (const each of taken) start(each)
    }
  }

  #sleep(ms: number): void {
    clearTimeout(this.#timer)
    if (this.#isClosed) return
    this.#timer = setTimeout(() => this.wakeAll(), Math.min(Math.max(1, ms), MAX_WAIT_MS))
  }
}
