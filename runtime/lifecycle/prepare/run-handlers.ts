// When the lifecycle handlers of a backend are called: "install" and "enable" before it serves, "disable" and "uninstall" before
// it serves no more. Each is called at least once: it is remembered when it has succeeded, and a crash in between repeats it.
// Invariant: after "install" has succeeded it is never called again for this installation.

import type { InstallationRecord } from '../../../plugin-store/records.ts'
import { PlugbayError, type Problem } from '../../errors.ts'
import { callLifecycle, type LifecycleCaller, type LifecycleStep } from '../../guest-calls/lifecycle.ts'
import type { LifecycleServices } from '../services.ts'
import type { PreparedRelease } from './prepare-release.ts'

/** Whether the backend has not been told yet that it is installed and enabled. */
export function isUntold(record: InstallationRecord): boolean {
  return record.lifecycle !== 'enabled'
}

/** Tells a release that has loaded and is about to serve. Rejects with HANDLER_FAILED, or CANCELLED. */
export async function tellStart(
  prepared: PreparedRelease,
  record: InstallationRecord,
  { store, ...caller }: LifecycleCaller & { readonly store: LifecycleServices['store'] },
): Promise<InstallationRecord> {
  let told = record
  if (told.lifecycle === 'new') {
    throwIfAny(await tell(prepared, 'install', caller))
    told = await store.catalog.reach(record.id, 'installed')
  }
  if (told.lifecycle === 'installed') {
    throwIfAny(await tell(prepared, 'enable', caller))
    told = await store.catalog.reach(record.id, 'enabled')
  }
  return told
}

/** Tells a release that its plugin will serve no more. What fails stops nobody: it is what the command warns of. */
export async function tellEnd(
  prepared: PreparedRelease,
  steps: readonly LifecycleStep[],
  caller: LifecycleCaller,
): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const step of steps) {
    const problem = await tell(prepared, step, caller)
    if (problem !== undefined) problems.push(problem)
  }
  return problems
}

async function tell(
  { plugin, runner }: PreparedRelease,
  step: LifecycleStep,
  caller: LifecycleCaller,
): Promise<Problem | undefined> {
  if (runner === null) return undefined
  return await callLifecycle({ runner, reportError: plugin.reportError }, step, caller)
}

function throwIfAny(problem: Problem | undefined): void {
  if (problem !== undefined) throw new PlugbayError(problem.code, problem.message, { problems: [problem] })
}
