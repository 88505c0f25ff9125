// The guest call of a step that sets the application up.

import type { GuestCallHead } from '../../sdk/protocol/guest-calls.ts'
import { callGuest, type GuestCallOutcome, type GuestCallTarget } from './call-guest.ts'

export interface InitCall {
  readonly name: string
  readonly stage: 'pre' | 'run'
  readonly user: GuestCallHead['user']
  readonly requestId: string
  readonly signal: AbortSignal
}

/** Never rejects. A failure of the plugin is in its log. */
export function callInit(
  target: GuestCallTarget,
  { name, stage, user, requestId, signal }: InitCall,
): Promise<GuestCallOutcome> {
  return callGuest(target, 'init.run', { handler: name, args: [{ stage }], user, requestId, signal })
}
