// Calls the lifecycle handlers of a backend and records their success: "install" and "enable" before it serves, "disable" and
// "uninstall" while it may still act. A handler counts as called when it has succeeded: a crash before that repeats it.
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

/** Handlers to call at a start, in order. */
const START: readonly Transition[] = [
  { from: 'new', step: 'install', to: 'installed' },
  { from: 'installed', step: 'enable', to: 'enabled' },
]

/** Handlers to call at an uninstall, by the handlers that have run. */
const END: Readonly<Record<LifecycleStage, readonly LifecycleStep[]>> = {
  new: [],
  installed: ['uninstall'],
  enabled: ['disable', 'uninstall'],
}

export interface StartOutcome {
  /** The record, with the handlers that have run. */
  readonly called: InstallationRecord
  /** HANDLER_FAILED or CANCELLED, when a handler has not succeeded. */
  readonly problem: Problem | undefined
}

/** Whether a backend has pending handlers before it may serve. */
export function isUntold({ lifecycle }: InstallationRecord): boolean {
  return lifecycle !== 'enabled'
}

/** Handlers to call at the end of an installation. */
export function endSteps({ lifecycle }: InstallationRecord): readonly LifecycleStep[] {
  return END[lifecycle]
}

/** Calls the pending handlers of a loaded release before it serves. Rejects when the store cannot record it. */
export async function runStartHandlers(
  prepared: PreparedRelease,
  record: InstallationRecord,
  { catalog, ...caller }: LifecycleCaller & Pick<LifecycleServices['store'], 'catalog'>,
): Promise<StartOutcome> {
  let called = record
  for (const { from, step, to } of START) {
    if (called.lifecycle !== from) continue
    const problem = await run(prepared, step, caller)
    if (problem !== undefined) return { called, problem }
    called = await catalog.reach(record.id, { lifecycle: to, dataVersion: prepared.plugin.version })
  }
  return { called, problem: undefined }
}

/** Calls the handlers at the end of a plugin. Resolves with their problems, which become warnings of the command. */
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

/** Without a backend there are no handlers. */
async function run(
  { plugin, runner }: PreparedRelease,
  step: LifecycleStep,
  caller: LifecycleCaller,
): Promise<Problem | undefined> {
  if (runner === null) return undefined
  return await callLifecycle({ runner, reportError: plugin.reportError }, step, caller)
}
