// The guest call of a frontend bundle: the backend gives it data for one page and one user.

import type { GuestCallHead } from '../../sdk/protocol/guest-calls.ts'
import { callGuest, type GuestCallOutcome, type GuestCallTarget } from './call-guest.ts'

export interface BundleCall {
  readonly bundle: string
  readonly slot: string | null
  /** JSON, checked against the slot. */
  readonly params: unknown
  readonly user: GuestCallHead['user']
  readonly language: string
  readonly requestId: string
}

/** Never rejects. A failure of the plugin is in its log. */
export function callBundle(target: GuestCallTarget, call: BundleCall): Promise<GuestCallOutcome> {
  const { bundle, slot, params, user, language, requestId } = call
  return callGuest(target, 'bundle.data', {
    handler: bundle,
    args: [{ slot, params }],
    user,
    language,
    requestId,
  })
}
