// Decides after a failure of a plugin when it is retried, or that it is quarantined. Pure.

import type { SandboxConfig } from '../../config/config.ts'
import type { InstanceFailure } from '../types.ts'

export interface RunnerFailure {
  /** A performance.now() value. */
  readonly at: number
  /** ISO 8601. */
  readonly time: string
  readonly failure: InstanceFailure
}

export interface Verdict {
  /** Failures that still count, oldest first. */
  readonly failures: readonly RunnerFailure[]
  readonly isQuarantined: boolean
  /** A performance.now() value: no start before it. */
  readonly notBefore: number
}

/** By the number of failures that count. */
const BACKOFF_MS = [0, 0, 200, 1000, 5000]

/** @param failures the last one has just happened */
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
