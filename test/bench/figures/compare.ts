// Two runs side by side: which ratios are worse now than they were, beyond what the rounds of both runs differ by.

import { median, medianDeviation } from '../statistics.ts'
import { type Figure, isComparable } from './figure.ts'

export interface Change {
  readonly name: string
  readonly then: number
  readonly now: number
  /** How far the two may lie apart by chance. */
  readonly tolerance: number
  readonly verdict: 'better' | 'same' | 'worse'
}

export interface Comparison {
  readonly changes: readonly Change[]
  /** Ratios of then that were not measured now. */
  readonly missing: readonly string[]
}

/** Of what it was: the same code lies differently in memory after any change. */
const LEAST_TOLERANCE = 0.05
/** For shares, which may have been zero. */
const LEAST_DIFFERENCE = 0.005
/** Of both runs together: with five rounds each, chance alone goes that far to the worse once in 140 (simulated). */
const DEVIATIONS = 3

/** @param then figures of an older run; what has no name in common with now is missing or new */
export function compareFigures(then: readonly Figure[], now: readonly Figure[]): Comparison {
  const measured = new Map(now.filter(wasMeasured).map((figure) => [figure.name, figure]))
  const changes: Change[] = []
  const missing: string[] = []
  for (const old of then) {
    if (!isComparable(old) || !wasMeasured(old)) continue
    const figure = measured.get(old.name)
    if (figure === undefined) missing.push(old.name)
    else changes.push(changeOf(old, figure))
  }
  return { changes, missing }
}

function wasMeasured({ rounds }: Figure): boolean {
  return rounds.length > 0
}

function changeOf(old: Figure, figure: Figure): Change {
  const then = median(old.rounds)
  const now = median(figure.rounds)
  const tolerance = Math.max(
    LEAST_TOLERANCE * Math.abs(then),
    LEAST_DIFFERENCE,
    DEVIATIONS * (medianDeviation(old.rounds) + medianDeviation(figure.rounds)),
  )
  const gain = figure.better === 'higher' ? now - then : then - now
  const verdict = gain < -tolerance ? 'worse' : gain > tolerance ? 'better' : 'same'
  return { name: figure.name, then, now, tolerance, verdict }
}
