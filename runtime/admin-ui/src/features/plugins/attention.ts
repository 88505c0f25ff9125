// Which plugins wait for the operator.

import type { Installation } from '../../../../../sdk/api/plugins.ts'

const STATES: ReadonlySet<Installation['state']> = new Set([
  'waiting-approval',
  'misconfigured',
  'failed',
  'quarantined',
])

/** Whether it does not serve as it should, or a release of it waits for a decision. */
export function needsAttention({ state, candidate, problem, enabled }: Installation): boolean {
  return STATES.has(state) || candidate !== null || (enabled && problem !== null)
}
