// Translates the failure of a slot for its instance: V8's own messages mean nothing to an author.

import type { SlotEvent } from '../../../sdk/protocol/sandbox-control.ts'
import { InstanceFailure, type InstanceLimits } from '../types.ts'

export function slotFailure(
  { code, message, isCatastrophic }: SlotEvent,
  limits: InstanceLimits,
): InstanceFailure {
  if (isCatastrophic) return new InstanceFailure(code, message, { reason: 'catastrophe' })
  if (code === 'GUEST_DEADLINE')
    return new InstanceFailure(code, `The plugin did not yield for ${limits.cpuMs} ms`, {
      reason: 'cpu',
    })
  const large = `The plugin used more than ${limits.memoryMb} MB of memory`
  return new InstanceFailure(code, large, { reason: 'memory' })
}
