// What a run tells of itself, collected: one report is under way at a time, and the next holds all that came meanwhile.
// Invariant: whatever a plugin does, it takes the memory of one report.

import type { TaskLevel } from '../../../../sdk/protocol/task-levels.ts'
import {
  MAX_LINE_TEXT,
  MAX_MESSAGE,
  MAX_REPORT_LINES,
  type ReportedLine,
  type RunRef,
  type TaskReport,
} from '../../../../sdk/protocol/task-wire.ts'
import type { HostCall } from '../env/host-calls.ts'
import { promiseThen, slice } from '../web/base/primordials.ts'

type Progress = NonNullable<TaskReport['progress']>

const { now } = Date
const noop = () => undefined

export class TaskReporter {
  readonly #ref: RunRef
  readonly #call: HostCall
  #lines: ReportedLine[] = []
  #count = 0
  #dropped = 0
  #progress: Progress = { fraction: 0, part: null, message: null }
  #isNewProgress = false
  #worked: boolean | undefined
  #warning: string | undefined
  #failure: string | undefined
  #isUnderWay = false
  #isOver = false

  constructor(ref: RunRef, call: HostCall) {
    this.#ref = ref
    this.#call = call
  }

  line(level: TaskLevel, text: string): void {
    if (this.#count >= MAX_REPORT_LINES) this.#dropped++
    else this.#lines[this.#count++] = [level, slice(text, 0, MAX_LINE_TEXT), now()]
    this.#send()
  }

  progress(change: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...change }
    this.#isNewProgress = true
    this.#send()
  }

  worked(): void {
    this.#worked = true
    this.#send()
  }

  warning(message: string): void {
    this.#warning = slice(message, 0, MAX_MESSAGE)
    this.#send()
  }

  failure(message: string): void {
    this.#failure = slice(message, 0, MAX_MESSAGE)
    this.#send()
  }

  /** What has not been sent: it goes with the reply. */
  end(): TaskReport {
    this.#isOver = true
    return this.#take()
  }

  #send(): void {
    if (this.#isUnderWay || this.#isOver) return
    this.#isUnderWay = true
    const done = () => {
      this.#isUnderWay = false
      if (this.#isNews) this.#send()
    }
    // A run that has lost its task hears so by its signal.
    promiseThen(this.#call('tasks.report', [this.#ref, this.#take()]), done, noop)
  }

  get #isNews(): boolean {
    return (
      this.#count > 0 ||
      this.#dropped > 0 ||
      this.#isNewProgress ||
      this.#worked !== undefined ||
      this.#warning !== undefined ||
      this.#failure !== undefined
    )
  }

  #take(): TaskReport {
    const report: TaskReport = {
      lines: this.#lines,
      dropped: this.#dropped,
      ...(this.#isNewProgress && { progress: this.#progress }),
      ...(this.#worked !== undefined && { worked: this.#worked }),
      ...(this.#warning !== undefined && { warning: this.#warning }),
      ...(this.#failure !== undefined && { failure: this.#failure }),
    }
    this.#lines = []
    this.#count = 0
    this.#dropped = 0
    this.#isNewProgress = false
    this.#worked = undefined
    this.#warning = undefined
    this.#failure = undefined
    return report
  }
}
