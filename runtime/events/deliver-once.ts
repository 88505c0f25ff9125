// Delivers one event to what serves of one plugin now.

import { matchesPattern } from '../../sdk/permissions/kinds/name-patterns.ts'
import type { PluginEvent } from '../../sdk/plugin-api/events.ts'
import type { GuestCallHead } from '../../sdk/protocol/guest-calls.ts'
import { eventHandler } from '../contributions/events.ts'
import type { ServingPlugin } from '../contributions/live-plugin.ts'
import type { Problem } from '../errors.ts'
import type { CallDepths } from '../guest-calls/call-depths.ts'
import { callEvent } from '../guest-calls/event.ts'
import { InstanceFailure } from '../sandbox/types.ts'

export interface Delivery {
  readonly event: PluginEvent
  readonly user: GuestCallHead['user']
  /** See CallDepths. */
  readonly depth: number
}

/** `none`: it is not granted, or the backend has no handler for it. `unavailable`: nothing serves, so nothing was tried. */
export type DeliveryOutcome = 'delivered' | 'none' | 'unavailable' | Problem

/** Rejects only for a failure of our own. */
export async function deliverOnce(
  plugin: ServingPlugin | undefined,
  { event, user, depth }: Delivery,
  depths: CallDepths,
): Promise<DeliveryOutcome> {
  if (plugin === undefined) return 'unavailable'
  const { id, runner, grants } = plugin
  if (runner === null) return 'none'
  // Grants may have changed while the event waited.
  if (grants.events?.some((pattern) => matchesPattern(pattern, event.name)) !== true) return 'none'
  const reportError: ServingPlugin['reportError'] = (error, requestId) => plugin.reportError(error, requestId)
  try {
    // A backend that is known to have no handler is not started for the event.
    const handler = eventHandler(runner.exports ?? (await runner.verify()), event.name)
    if (handler === undefined) return 'none'
    const call = () => callEvent({ runner, reportError }, { handler, event, user })
    const outcome = await depths.during(id, depth, call)
    if (outcome.ok) return 'delivered'
    return outcome.code === 'PLUGIN_UNAVAILABLE' || outcome.code === 'CANCELLED'
      ? 'unavailable'
      : { code: outcome.code, message: outcome.message }
  } catch (error) {
    if (!(error instanceof InstanceFailure)) throw error
    return { code: error.code, message: error.message }
  }
}
