// Which lifecycle handlers of a backend are called, and what of it is remembered: "install" and "enable" before it serves, "disable"
// and "uninstall" while it may still act. A handler counts as called when it has succeeded: a crash before that repeats it.
// Invariant: after "install" has succeeded it is never called again for this installation.

import type { InstallationRecord, LifecycleStage } from '../../../plugin-store/records.ts'
import type { Problem } from '../../errors.ts'
import { callLifecycle, type LifecycleCaller, type LifecycleStep } from '../../guest-calls/lifecycle.ts'
import type { LifecycleServices } from '../services.ts'
import type { PreparedRelease } from './prepare-release.ts'

interface Transition {
  readonly from: LifecycleStage
  readonly step: LifecycleStep
  readonly to: LifecycleStage
}

/** What a start calls, in order. */
const START: readonly Transition[] = [
  { from: 'new', step: 'install', to: 'installed' },
  { from: 'installed', step: 'enable', to: 'enabled' },
]

/** What an uninstall calls, by how far the plugin has come. */
const END: Readonly<Record<LifecycleStage, readonly LifecycleStep[]>> = {
  new: [],
  installed: ['uninstall'],
  enabled: ['disable', 'uninstall'],
}

export interface StartOutcome {
  /** The record, with how far the backend has come. */
  readonly told: InstallationRecord
  /** HANDLER_FAILED or CANCELLED, when a handler has not succeeded. */
  readonly problem: Problem | undefined
}

/** Whether a backend that is to serve must be called first. */
export function isUntold({ lifecycle }: InstallationRecord): boolean {
  return lifecycle !== 'enabled'
}

/** The handlers that the end of an installation calls. */
export function endSteps({ lifecycle }: InstallationRecord): readonly LifecycleStep[] {
  return END[lifecycle]
}

/** Calls what a release that has loaded has to hear before it serves. Rejects when the store cannot remember it. */
export async function runStartHandlers(
  prepared: PreparedRelease,
  record: InstallationRecord,
  { catalog, ...caller }: LifecycleCaller & Pick<LifecycleServices['store'], 'catalog'>,
): Promise<StartOutcome> {
  let told = record
  for (const { from, step, to } of START) {
    if (told.lifecycle !== from) continue
    const problem = await run(prepared, step, caller)
    if (problem !== undefined) return { told, problem }
    told = await catalog.reach(record.id, to)
  }
  return { told, problem: undefined }
}

/** Calls what a plugin hears of its end. Resolves with what failed: the command warns of it, and goes on. */
export async function runEndHandlers(
  prepared: PreparedRelease,
  steps: readonly LifecycleStep[],
  caller: LifecycleCaller,
): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  for (const step of steps) {
    const problem = await run(prepared, step, caller)
    if (problem !== undefined) problems.push(problem)
  }
  return problems
}

/** Without a backend there is nobody to call. */
async function run(
  { plugin, runner }: PreparedRelease,
  step: LifecycleStep,
  caller: LifecycleCaller,
): Promise<Problem | undefined> {
  if (runner === null) return undefined
  return await callLifecycle({ runner, reportError: plugin.reportError }, step, caller)
}
