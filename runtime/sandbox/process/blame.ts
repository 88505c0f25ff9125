// When a shared process dies: determines which plugins may be the cause, and the failure that each of them gets.
// Invariant: at least one plugin is always suspected, so that a plugin that ruins processes ends up in one of its own.

import type { Instance } from '../instance/instance.ts'
import { InstanceFailure } from '../types.ts'

export interface Blame {
  /** The instance that is known to be the cause. */
  readonly culprit?: Instance | undefined
  /** The process was killed for its memory. */
  readonly ofMemory: boolean
}

/**
 * The instances whose code was running or loading. Otherwise the largest, if memory was the cause; otherwise all recently
 * active; otherwise all.
 */
function suspectsOf(instances: readonly Instance[], { culprit, ofMemory }: Blame): readonly Instance[] {
  if (culprit !== undefined) return [culprit]
  const running = instances.filter(({ isRunning, isLoading }) => isRunning || isLoading)
  if (running.length > 0) return running
  if (ofMemory) return instances.toSorted((a, b) => bytesOf(b) - bytesOf(a)).slice(0, 1)
  const recent = instances.filter(({ isRecent }) => isRecent)
  return recent.length > 0 ? recent : instances
}

function bytesOf({ heapBytes, externalBytes }: Instance): number {
  return heapBytes + externalBytes
}

/** Ends all instances of a process; in a shared one, each learns whether it may be the cause. */
export function endAll(
  instances: readonly Instance[],
  failure: InstanceFailure,
  { shared, ...blame }: Blame & { readonly shared: boolean },
): void {
  const suspects = suspectsOf(instances, blame)
  for (const instance of instances) {
    if (instance === blame.culprit || !shared) instance.end(failure)
    else instance.end(lostWith(failure, !suspects.includes(instance)))
  }
}

/** Such a call may be retried (GUEST_CRASHED), whatever the process was killed for. */
function lostWith({ message }: InstanceFailure, isBystander: boolean): InstanceFailure {
  return new InstanceFailure('GUEST_CRASHED', message, { isBystander, isLost: true })
}
