// What a slot that cannot go on means for its instance, in our own words: those of V8 say nothing to an author.

import type { SlotEvent } from '../../../sdk/protocol/sandbox-control.ts'
import { InstanceFailure, type InstanceLimits } from '../types.ts'

export function slotFailure(
  { code, message, isCatastrophic }: SlotEvent,
  limits: InstanceLimits,
): InstanceFailure {
  if (isCatastrophic) return new InstanceFailure(code, message, { reason: 'catastrophe' })
  if (code === 'GUEST_DEADLINE')
    return new InstanceFailure(code, `The plugin did not yield for ${limits.cpuMs} ms`, {
      reason: 'processor',
    })
  const large = `The plugin used more than ${limits.memoryMb} MB of memory`
  return new InstanceFailure(code, large, { reason: 'memory' })
}
