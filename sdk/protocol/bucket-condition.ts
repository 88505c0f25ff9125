// Whether a condition of env.files holds: the rules of HTTP (RFC 9110, 13.2.2), on both sides of the wall.
// Invariant: a condition about an etag decides alone; the time counts only where there is none.

import type { WireCondition, WireObject } from './bucket-wire.ts'

export interface ConditionOutcome {
  readonly holds: boolean
  /** The condition that failed says that the reader has the file already: 304, not 412. */
  readonly isKnown: boolean
}

/** @param found undefined when there is no file */
export function judge(
  condition: WireCondition | undefined,
  found: Pick<WireObject, 'etag' | 'uploaded'> | undefined,
): ConditionOutcome {
  if (condition === undefined) return HOLDS
  const { etagMatches, etagDoesNotMatch, uploadedBefore, uploadedAfter, secondsGranularity } = condition
  const uploaded = found === undefined ? 0 : secondsGranularity ? wholeSecond(found.uploaded) : found.uploaded
  if (etagMatches !== undefined) {
    if (!names(etagMatches, found)) return FAILS
  } else if (uploadedBefore !== undefined) {
    // With seconds, "not modified since" includes the second itself.
    const isBefore = secondsGranularity ? uploaded <= uploadedBefore : uploaded < uploadedBefore
    if (found === undefined || !isBefore) return FAILS
  }
  if (etagDoesNotMatch !== undefined) {
    if (names(etagDoesNotMatch, found)) return KNOWN
  } else if (uploadedAfter !== undefined && found !== undefined && uploaded <= uploadedAfter) return KNOWN
  return HOLDS
}

const HOLDS: ConditionOutcome = { holds: true, isKnown: false }
const FAILS: ConditionOutcome = { holds: false, isKnown: false }
const KNOWN: ConditionOutcome = { holds: false, isKnown: true }

function names(etags: readonly string[], found: Pick<WireObject, 'etag'> | undefined): boolean {
  return found !== undefined && etags.some((etag) => etag === '*' || etag === found.etag)
}

function wholeSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000
}
