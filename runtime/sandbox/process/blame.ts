// When a process dies that several plugins share: who may be the reason, and what the others are told.
// Invariant: somebody is always suspected, so that whoever ruins processes ends up in one of its own.

import type { Instance } from '../instance/instance.ts'
import { InstanceFailure } from '../types.ts'

export interface Blame {
  /** Who is known to be the reason. */
  readonly culprit?: Instance | undefined
  /** It was ended for its memory. */
  readonly ofMemory: boolean
}

/**
 * Whose code was running, or was being loaded. Where nobody's was: who had most memory, if that was the matter; else everybody
 * who has done something of late; and at last everybody.
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

/** Ends all instances of a process; where several are lost, each learns whether it may be the reason. */
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

/** Such a call may be sent again (GUEST_CRASHED), whatever the process was ended for. */
function lostWith({ message }: InstanceFailure, isBystander: boolean): InstanceFailure {
  return new InstanceFailure('GUEST_CRASHED', message, { isBystander, isLost: true })
}
