// The guest calls that notify a backend of changes to its installation: install, enable, disable, uninstall, and the steps of an
// upgrade.
// Invariant: a backend known not to export a handler is not started for it.

import { randomUUID } from 'node:crypto'
import type { Actor } from '../../plugin-store/store.ts'
import type { GuestCallHead } from '../../sdk/protocol/guest-calls.ts'
import type { UpgradeRange } from '../../sdk/protocol/upgrade-steps.ts'
import type { Problem } from '../errors.ts'
import type { PluginRunner } from '../sandbox/runner/plugin-runner.ts'
import { InstanceFailure } from '../sandbox/types.ts'
import { callGuest, type GuestCallTarget, type JsonCall } from './call-guest.ts'

export type LifecycleStep = 'install' | 'enable' | 'disable' | 'uninstall'

/** The actor when there is no principal: at the start of the server. */
export const SYSTEM_ACTOR = 'system'

export interface LifecycleTarget extends GuestCallTarget {
  readonly runner: Pick<PluginRunner, 'call' | 'exports' | 'verify'>
}

export interface LifecycleCaller {
  /** Name of the principal. */
  readonly actor: Actor
  /** Cancels the call: the problem then has the code CANCELLED. */
  readonly signal: AbortSignal
}

/** Calls the handler, if the backend exports it. Resolves with the problem, if any; never rejects. */
export async function callLifecycle(
  target: LifecycleTarget,
  step: LifecycleStep,
  caller: LifecycleCaller,
): Promise<Problem | undefined> {
  const name = `lifecycle.${step}` as const
  const { runner } = target
  if (runner.exports?.includes(name) === false) return undefined
  try {
    if (!(await runner.verify()).includes(name)) return undefined
  } catch (error) {
    if (!(error instanceof InstanceFailure)) throw error
    // With unknown exports there may be no such handler: nothing to report.
    return runner.exports === undefined
      ? undefined
      : problemOf(`"${name}" was not called: the backend does not start (${error.message})`)
  }
  const outcome = await callGuest(target, name, headOf(step, caller))
  if (outcome.ok) return undefined
  const problem = problemOf(`"${name}" failed: ${outcome.message}`)
  return outcome.code === 'CANCELLED' ? { ...problem, code: 'CANCELLED' } : problem
}

/** `ctx.user` of a call that a principal causes. */
export function userOf(actor: Actor): GuestCallHead['user'] {
  if (actor === SYSTEM_ACTOR) return null
  return { name: typeof actor === 'string' ? actor : actor.name, permissions: [] }
}

/** Calls one step of an upgrade. Resolves with the problem, if any; never rejects. */
export async function callUpgradeStep(
  target: GuestCallTarget,
  { index, from }: UpgradeRange,
  caller: LifecycleCaller,
): Promise<Problem | undefined> {
  const call = { ...headOf('upgrade', caller), args: [index] }
  const outcome = await callGuest(target, 'lifecycle.upgrade', call)
  if (outcome.ok) return undefined
  const message = `The upgrade step ${index + 1}, from "${from}", failed: ${outcome.message}`
  const { hint } = problemOf(message)
  return { code: outcome.code === 'CANCELLED' ? 'CANCELLED' : 'UPGRADE_FAILED', message, hint }
}

function headOf(what: string, { actor, signal }: LifecycleCaller): Omit<JsonCall, 'args'> {
  return { user: userOf(actor), requestId: `${what}-${randomUUID().slice(0, 8)}`, signal }
}

function problemOf(message: string): Problem & { readonly hint: string } {
  return { code: 'HANDLER_FAILED', message, hint: 'The log of the plugin holds the error with its stack' }
}
