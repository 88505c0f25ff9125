// The guest call of an event: one plugin is notified of what has happened.

import { randomUUID } from 'node:crypto'
import type { PluginEvent } from '../../sdk/plugin-api/events.ts'
import type { GuestCallHead } from '../../sdk/protocol/guest-calls.ts'
import { callGuest, type GuestCallOutcome, type GuestCallTarget } from './call-guest.ts'

export interface EventCall {
  /** As exported: the name, or a group of names. */
  readonly handler: string
  readonly event: PluginEvent
  readonly user: GuestCallHead['user']
}

/** Never rejects. A failure of the plugin is in its log. */
export function callEvent(
  target: GuestCallTarget,
  { handler, event, user }: EventCall,
): Promise<GuestCallOutcome> {
  return callGuest(target, 'event.deliver', {
    handler,
    args: [event],
    user,
    requestId: `event-${randomUUID().slice(0, 8)}`,
  })
}
