// The evidence of a quarantine: failures, the stack of the last error, the last log lines, and resource usage.
// Invariant: plain data of a bounded size; positions are in the author's files.

import type { Evidence } from '../../../sdk/api/evidence.ts'
import type { Resources } from '../../../sdk/api/resources.ts'
import type { StackMapper } from '../../package/stack-mapper.ts'
import type { PluginRunner } from '../../sandbox/runner/plugin-runner.ts'
import type { PluginLog } from './plugin-log.ts'

/** Number of log lines to keep. */
const LINES = 100

export interface EvidenceSources {
  readonly runner: PluginRunner
  readonly log: PluginLog
  readonly mapper: StackMapper | undefined
  readonly version: string
  readonly resources: Resources
}

export async function collectEvidence(sources: EvidenceSources): Promise<Evidence> {
  const { runner, log, mapper, version, resources } = sources
  await log.settled()
  const lines = log.page({ limit: LINES }).items
  const reported = runner.lastFailure?.report?.stack
  // With an unreadable map, the author still gets the unmapped stack.
  const mapped =
    reported === undefined || reported === ''
      ? undefined
      : ((await mapper?.map(reported).catch(() => undefined)) ?? reported)
  return {
    time: new Date().toISOString(),
    version,
    failures: runner.failures.map(({ time, failure: { code, message } }) => ({ time, code, message })),
    stack: mapped ?? lines.find(({ stack }) => stack !== undefined)?.stack ?? null,
    log: lines.toReversed(),
    resources,
  }
}
