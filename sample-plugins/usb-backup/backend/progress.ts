// How far a task is: the share of the whole, how fast it goes and how long it will take.

import type { Task } from 'plugbay/sdk'

/** The speed of the last seconds counts: a drive is fast until its own memory is full. */
const WINDOW_MS = 10_000
const REPORT_MS = 250

export class Progress {
  readonly #task: Pick<Task, 'progress'>
  readonly #verb: string
  readonly #marks: { readonly at: number; readonly bytes: number }[] = []
  #bytes = 0
  #total = 0
  #reportedAt = 0

  /** @param verb "Backing up" */
  constructor(task: Pick<Task, 'progress'>, verb: string) {
    this.#task = task
    this.#verb = verb
    this.#marks.push({ at: performance.now(), bytes: 0 })
  }

  /** @param bytes about how much it is; 0 for what is not known */
  begin(bytes: number): void {
    this.#total = bytes
  }

  count(bytes: number): void {
    this.#bytes += bytes
    const now = performance.now()
    if (now - this.#reportedAt < REPORT_MS) return
    this.#reportedAt = now
    this.#marks.push({ at: now, bytes: this.#bytes })
    while (this.#marks.length > 2 && now - (this.#marks[0]?.at ?? now) > WINDOW_MS) this.#marks.shift()
    const [first] = this.#marks
    const speed = first === undefined ? 0 : ((this.#bytes - first.bytes) / Math.max(1, now - first.at)) * 1000
    this.#task.progress(this.#share(), this.#words(speed))
  }

  /** What is done at the end, and takes a moment. */
  finish(words: string): void {
    this.#task.progress(0.99, words)
  }

  /** Never all of it: the task says itself when it is done. */
  #share(): number {
    return this.#total === 0 ? 0 : Math.min(0.99, this.#bytes / this.#total)
  }

  #words(speed: number): string {
    const done =
      this.#total === 0
        ? sizeText(this.#bytes)
        : `${sizeText(Math.min(this.#bytes, this.#total))} of ${sizeText(this.#total)}`
    const words = [`${this.#verb}: ${done}`, `${sizeText(speed)}/s`]
    const left = (this.#total - this.#bytes) / speed
    if (left > 0 && Number.isFinite(left)) words.push(`${timeText(left)} left`)
    return words.join(' · ')
  }
}

/** "1.2 GB" */
export function sizeText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3))
  const value = bytes / 1000 ** power
  return `${power === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}

function timeText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}
