// The guest call of a hook: one plugin gets the value and gives it back, perhaps changed.

import { randomUUID } from 'node:crypto'
import type { GuestCallHead } from '../../sdk/protocol/guest-calls.ts'
import { callGuest, type GuestCallOutcome, type GuestCallTarget } from './call-guest.ts'

export interface HookCall {
  readonly hook: string
  /** JSON. */
  readonly value: unknown
  readonly user: GuestCallHead['user']
  readonly language: string
  readonly deadlineMs: number
  readonly requestId: string
  readonly signal?: AbortSignal | undefined
}

/** Never rejects. A failure of the plugin is in its log. */
export function callHook(target: GuestCallTarget, call: HookCall): Promise<GuestCallOutcome> {
  const { hook, value, user, language, deadlineMs, requestId, signal } = call
  return callGuest(target, 'hook.apply', {
    handler: hook,
    args: [value, { user, language }],
    user,
    language,
    requestId,
    deadlineMs,
    ...(signal !== undefined && { signal }),
  })
}

/** Labels all log lines of one application of a hook, in every plugin. */
export function hookRequestId(): string {
  return `hook-${randomUUID().slice(0, 8)}`
}
