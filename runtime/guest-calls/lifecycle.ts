// The guest calls that tell a backend what becomes of its installation: install, enable, disable, uninstall.
// Invariant: a handler that a backend does not export costs no start of it, when that is known.

import { randomUUID } from 'node:crypto'
import type { Problem } from '../errors.ts'
import type { PluginRunner } from '../sandbox/runner/plugin-runner.ts'
import { InstanceFailure } from '../sandbox/types.ts'
import { callGuest, type GuestCallTarget } from './call-guest.ts'

export type LifecycleStep = 'install' | 'enable' | 'disable' | 'uninstall'

/** Acts where no principal does: at the start of the server. */
export const SYSTEM_ACTOR = 'system'

export interface LifecycleTarget extends GuestCallTarget {
  readonly runner: Pick<PluginRunner, 'call' | 'exports' | 'verify'>
}

export interface LifecycleCaller {
  /** Name of the principal. */
  readonly actor: string
  /** Gives the call up: the problem has the code CANCELLED then. */
  readonly signal: AbortSignal
}

/** Calls the handler, when the backend exports it. Resolves with what went wrong, in words; never rejects. */
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
    // Where nobody knows whether there is such a handler, there is nothing to tell.
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
