// What follows from the failures of a plugin: when it is tried again, and when it is not any more. Pure.

import type { SandboxConfig } from '../../config/config.ts'
import type { InstanceFailure } from '../types.ts'

export interface RunnerFailure {
  /** On the clock of performance.now(). */
  readonly at: number
  /** ISO 8601. */
  readonly time: string
  readonly failure: InstanceFailure
}

export interface Verdict {
  /** Those that still count, oldest first. */
  readonly failures: readonly RunnerFailure[]
  readonly isQuarantined: boolean
  /** On the clock of performance.now(): no start before that. */
  readonly notBefore: number
}

/** By the number of failures that count. */
const BACKOFF_MS = [0, 0, 200, 1000, 5000]

/** @param failures with the one that has just happened as the last */
export function judge(
  failures: readonly RunnerFailure[],
  now: number,
  { maxFailures, failureWindowMs }: Pick<SandboxConfig, 'maxFailures' | 'failureWindowMs'>,
): Verdict {
  const recent = failures.filter(({ at }) => now - at < failureWindowMs)
  return {
    failures: recent,
    isQuarantined: recent.length >= maxFailures,
    notBefore: now + (BACKOFF_MS[recent.length - 1] ?? 5000),
  }
}
