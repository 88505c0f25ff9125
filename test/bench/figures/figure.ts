// One quantity, measured round after round, and what it should be.
// Ratios and shares are told apart from the rest: only they mean the same on another machine.

import { median } from '../statistics.ts'

export type Unit = 'ratio' | 'share' | 'ms' | 'MB' | 'MB/s' | 'bytes' | 'per s'

export interface Figure {
  /** Stays as it is over the years: runs are compared by it. */
  readonly name: string
  readonly unit: Unit
  readonly better: 'higher' | 'lower'
  readonly aim?: number
  /** One value a round; none where it could not be measured. */
  readonly rounds: readonly number[]
}

export function isComparable({ unit }: Figure): boolean {
  return unit === 'ratio' || unit === 'share'
}

/** Undefined without an aim, or when nothing was measured. */
export function meetsAim({ aim, better, rounds }: Figure): boolean | undefined {
  if (aim === undefined || rounds.length === 0) return undefined
  return better === 'higher' ? median(rounds) >= aim : median(rounds) <= aim
}

/** Round by round, so that what slows a whole round down does not count. None where a side was not measured. */
export function quotients(above: readonly number[], below: readonly number[]): readonly number[] {
  const count = Math.min(above.length, below.length)
  const all = Array.from({ length: count }, (_, at) => (above[at] ?? Number.NaN) / (below[at] ?? Number.NaN))
  return all.filter(Number.isFinite)
}
