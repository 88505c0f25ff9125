// What each plugin has used over the last hour and day, as points in memory: the meters are read once a minute, so no request costs
// anything. Invariant: at most MOST_PLUGINS have points, a fixed number each. A plugin without points has been idle for as long as is known.

import type { UsagePeriod, UsagePoint } from '../../../sdk/api/usage.ts'
import type { UsageMeters } from './usage-meters.ts'

export const EVERY_MS = 60_000
/** Of each period: how many points, and how many minutes are one. */
const PERIODS = { hour: { points: 60, minutes: 1 }, day: { points: 96, minutes: 15 } } as const
const PERIOD_NAMES = Object.keys(PERIODS) as UsagePeriod[]
const MINUTES_KEPT = PERIODS.day.points * PERIODS.day.minutes
/** Of those that were active lately: 2.5 kB each. */
const MOST_PLUGINS = 1000

/** Of a point. */
const FIGURES = { cpuMs: 0, peakBytes: 1, requests: 2, errors: 3 } as const
const WIDTH = Object.keys(FIGURES).length
const MEGABYTE = 1_048_576

export interface UsageHistoryOptions {
  readonly meters: Pick<UsageMeters, 'plugins' | 'take'>
  /** Milliseconds since 1970. */
  readonly now?: () => number
  readonly mostPlugins?: number
}

/** When the points end and how much time they tell of, in milliseconds: of all plugins alike. */
interface Times {
  readonly ends: Float64Array
  readonly spans: Float64Array
}

interface Kept {
  readonly points: Readonly<Record<UsagePeriod, Float32Array>>
  /** The minute since which its points are true. */
  readonly since: number
  /** The last minute in which it used something. */
  active: number
}

export class UsageHistory {
  readonly #meters: UsageHistoryOptions['meters']
  readonly #now: () => number
  readonly #mostPlugins: number
  readonly #times = byPeriod(
    ({ points }): Times => ({ ends: new Float64Array(points), spans: new Float64Array(points) }),
  )
  readonly #kept = new Map<string, Kept>()
  #timer: NodeJS.Timeout | undefined
  /** Since the start. */
  #minute = 0
  #readAt: number
  /** The minute since which a plugin without points is known to have been idle. */
  #knownSince = 0

  constructor({ meters, now = Date.now, mostPlugins = MOST_PLUGINS }: UsageHistoryOptions) {
    this.#meters = meters
    this.#now = now
    this.#mostPlugins = mostPlugins
    this.#readAt = now()
  }

  /** @returns the function that ends it */
  start(): () => void {
    this.#timer ??= setInterval(() => this.endMinute(), EVERY_MS).unref()
    return () => clearInterval(this.#timer)
  }

  /** What follows belongs to the next minute. */
  endMinute(): void {
    this.#read()
    this.#minute++
    for (const period of PERIOD_NAMES) if (this.#minute % PERIODS[period].minutes === 0) this.#clear(period)
    for (const [id, { active }] of this.#kept) if (this.#minute - active > MINUTES_KEPT) this.#kept.delete(id)
  }

  /** Oldest first, up to now. */
  of(id: string, period: UsagePeriod): readonly UsagePoint[] {
    this.#read()
    const { points, minutes } = PERIODS[period]
    const kept = this.#kept.get(id)
    const last = Math.floor(this.#minute / minutes)
    // A point of which only a part is known says less than none.
    const known = Math.ceil((kept?.since ?? this.#knownSince) / minutes)
    const first = Math.max(0, last - points + 1, known)
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => (first + n) % points)
      .filter((index) => this.#times[period].spans[index] !== 0)
      .map((index) => this.#point(kept, period, index))
  }

  #point(kept: Kept | undefined, period: UsagePeriod, index: number): UsagePoint {
    const { ends, spans } = this.#times[period]
    const span = spans[index] ?? Number.NaN
    const figure = (name: keyof typeof FIGURES) => kept?.points[period][index * WIDTH + FIGURES[name]] ?? 0
    return {
      at: new Date(ends[index] ?? 0).toISOString(),
      seconds: Math.round(span / 1000),
      cpuPercent: oneDigit((100 * figure('cpuMs')) / span),
      memoryMb: oneDigit(figure('peakBytes') / MEGABYTE),
      requests: figure('requests'),
      errors: figure('errors'),
    }
  }

  /** Adds what was used since the last time to the points of now. */
  #read(): void {
    const now = this.#now()
    // The clock of the machine may be set back.
    const span = Math.max(0, now - this.#readAt)
    this.#readAt = now
    for (const period of PERIOD_NAMES) {
      const index = this.#index(period)
      const { ends, spans } = this.#times[period]
      ends[index] = now
      spans[index] = (spans[index] ?? 0) + span
    }
    const installed = this.#meters.plugins()
    for (const id of installed) this.#add(id)
    if (this.#kept.size > 0) this.#forgetOthers(new Set(installed))
  }

  #add(id: string): void {
    const { cpuMs, peakBytes, requests, errors } = this.#meters.take(id)
    if (cpuMs === 0 && peakBytes === 0 && requests === 0 && errors === 0) return
    const kept = this.#kept.get(id) ?? this.#begin(id)
    kept.active = this.#minute
    for (const period of PERIOD_NAMES) {
      const at = this.#index(period) * WIDTH
      const points = kept.points[period]
      increase(points, at + FIGURES.cpuMs, cpuMs)
      increase(points, at + FIGURES.requests, requests)
      increase(points, at + FIGURES.errors, errors)
      points[at + FIGURES.peakBytes] = Math.max(points[at + FIGURES.peakBytes] ?? 0, peakBytes)
    }
  }

  #begin(id: string): Kept {
    const kept: Kept = {
      points: byPeriod(({ points }) => new Float32Array(points * WIDTH)),
      since: this.#knownSince,
      active: this.#minute,
    }
    if (this.#kept.size >= this.#mostPlugins) this.#forgetQuietest()
    this.#kept.set(id, kept)
    return kept
  }

  /** From then on no plugin without points is said to have been idle before. */
  #forgetQuietest(): void {
    let quietest: readonly [string, Kept] | undefined
    for (const entry of this.#kept)
      if (quietest === undefined || entry[1].active < quietest[1].active) quietest = entry
    if (quietest === undefined) return
    this.#kept.delete(quietest[0])
    this.#knownSince = this.#minute + 1
  }

  #forgetOthers(installed: ReadonlySet<string>): void {
    for (const id of this.#kept.keys()) if (!installed.has(id)) this.#kept.delete(id)
  }

  #clear(period: UsagePeriod): void {
    const index = this.#index(period)
    this.#times[period].spans[index] = 0
    this.#times[period].ends[index] = this.#readAt
    for (const { points } of this.#kept.values()) points[period].fill(0, index * WIDTH, (index + 1) * WIDTH)
  }

  #index(period: UsagePeriod): number {
    const { points, minutes } = PERIODS[period]
    return Math.floor(this.#minute / minutes) % points
  }
}

function byPeriod<Value>(
  make: (period: (typeof PERIODS)[UsagePeriod]) => Value,
): Readonly<Record<UsagePeriod, Value>> {
  return { hour: make(PERIODS.hour), day: make(PERIODS.day) }
}

function increase(numbers: Float32Array, index: number, by: number): void {
  numbers[index] = (numbers[index] ?? 0) + by
}

function oneDigit(value: number): number {
  return Math.round(value * 10) / 10
}
