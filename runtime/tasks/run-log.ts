// The log and the progress of one run, on their way to the store and to watchers.
// Invariant: what a task says is written in steps, not line by line, and more than its rate is dropped and counted.

import type { Lease } from '../../plugin-store/leased-queue.ts'
import type { TaskLine, TaskProgress, TaskRecord } from '../../plugin-store/tasks/task-records.ts'
import type { TaskStore } from '../../plugin-store/tasks/task-store.ts'
import { TASK_LEVELS, type TaskLevel } from '../../sdk/protocol/task-levels.ts'
import { MAX_LINE_TEXT, type ReportedLine } from '../../sdk/protocol/task-wire.ts'

export interface RunLogParts {
  readonly store: Pick<TaskStore, 'addLines' | 'progress' | 'lastLine'>
  readonly task: Pick<TaskRecord, 'id' | 'seq'>
  readonly lease: Lease
  readonly linesPerSecond: number
  /** Masks secrets. */
  readonly mask: (text: string) => string
  readonly now: () => number
  readonly onLine: (line: TaskLine) => void
  readonly onError: (error: unknown) => void
}

/** Of one task; older ones are deleted. */
const MAX_LINES = 1000
const WRITE_EVERY_MS = 500

export class RunLog {
  readonly #parts: RunLogParts
  readonly #last: Promise<number>
  #lines: Omit<TaskLine, 'number'>[] = []
  #progress: TaskProgress | undefined
  #second = 0
  #linesInSecond = 0
  #dropped = 0
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()
  #number: number | undefined
  level: TaskLevel

  constructor(parts: RunLogParts, level: TaskLevel, isFirst: boolean) {
    this.#parts = parts
    this.level = level
    this.#last = isFirst ? Promise.resolve(0) : parts.store.lastLine(parts.task.seq)
    // The first write awaits it.
    this.#last.catch(() => undefined)
  }

  /** A line of the runtime's own. */
  always(text: string): void {
    this.#lines.push({ level: TASK_LEVELS.ALWAYS, text, timeMs: this.#parts.now() })
    this.#later()
  }

  add(lines: readonly ReportedLine[], dropped: number): void {
    this.#dropped += dropped
    for (const [level, text, timeMs] of lines) {
      if (level < this.level) continue
      if (this.#isTooMany()) this.#dropped++
      else this.#lines.push({ level, text: this.#parts.mask(text).slice(0, MAX_LINE_TEXT), timeMs })
    }
    this.#later()
  }

  progress(progress: TaskProgress): void {
    this.#progress = progress
    this.#later()
  }

  /** Resolves when everything so far is stored. Rejects when it could not be. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const before = this.#writing
    this.#writing = (async () => {
      await before.catch(() => undefined)
      await this.#write()
    })()
    await this.#writing
  }

  #isTooMany(): boolean {
    const second = Math.floor(this.#parts.now() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#linesInSecond = 0
    }
    return ++this.#linesInSecond > this.#parts.linesPerSecond
  }

  #later(): void {
    this.#timer ??= setTimeout(() => {
      this.flush().catch(this.#parts.onError)
    }, WRITE_EVERY_MS)
  }

  async #write(): Promise<void> {
    const { store, task, lease, linesPerSecond, now, onLine } = this.#parts
    const lines = this.#lines.splice(0)
    if (this.#dropped > 0) {
      const text = `${this.#dropped} lines were left out: a task may write ${linesPerSecond} a second`
      lines.push({ level: TASK_LEVELS.WARN, text, timeMs: now() })
      this.#dropped = 0
    }
    const progress = this.#progress
    this.#progress = undefined
    const writes: Promise<unknown>[] = progress === undefined ? [] : [store.progress(lease, progress)]
    if (lines.length > 0) {
      let number = this.#number ?? (await this.#last)
      const numbered = lines.map((line) => ({ ...line, number: ++number }))
      this.#number = number
      writes.push(store.addLines(task.seq, numbered, MAX_LINES))
      for (const line of numbered) onLine(line)
    }
    await Promise.all(writes)
  }
}
