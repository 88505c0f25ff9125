// What backend and page say to each other.

export interface Visits {
  /** Visits of each day, oldest first. */
  readonly days: readonly Day[]
}

export interface Day {
  /** Such as "2026-01-31". */
  readonly date: string
  readonly count: number
}
