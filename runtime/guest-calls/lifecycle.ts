// The guest calls that notify a backend of changes to its installation: install, enable, disable, uninstall.
// Invariant: a backend known not to export a handler is not started for it.

import { randomUUID } from 'node:crypto'
import type { Problem } from '../errors.ts'
import type { PluginRunner } from '../sandbox/runner/plugin-runner.ts'
import { InstanceFailure } from '../sandbox/types.ts'
import { callGuest, type GuestCallTarget } from './call-guest.ts'

export type LifecycleStep = 'install' | 'enable' | 'disable' | 'uninstall'

/** The actor when there is no principal: at the start of the server. */
export const SYSTEM_ACTOR = 'system'

export interface LifecycleTarget extends GuestCallTarget {
  readonly runner: Pick<PluginRunner, 'call' | 'exports' | 'verify'>
}

export interface LifecycleCaller {
  /** Name of the principal. */
  readonly actor: string
  /** Cancels the call: the problem then has the code CANCELLED. */
  readonly signal: AbortSignal
}

/** Calls the handler, if the backend exports it. Resolves with the problem, if any; never rejects. */
export async function callLifecycle(
  target: LifecycleTarget,
  step: LifecycleStep,
  { actor, signal }: LifecycleCaller,
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
  const outcome = await callGuest(target, name, {
    user: actor === SYSTEM_ACTOR ? null : { name: actor, permissions: [] },
    requestId: `${step}-${randomUUID().slice(0, 8)}`,
    signal,
  })
  if (outcome.ok) return undefined
  const problem = problemOf(`"${name}" failed: ${outcome.message}`)
  return outcome.code === 'CANCELLED' ? { ...problem, code: 'CANCELLED' } : problem
}

function problemOf(message: string): Problem {
  return { code: 'HANDLER_FAILED', message, hint: 'The log of the plugin holds the error with its stack' }
}
