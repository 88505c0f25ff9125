// The runners of a release's backend: one for requests, hooks and events, and one for its tasks, which may compute for hours.
// Invariant: both have the same code, grants and host calls; a task that hangs or uses up its memory takes no request with it.

import type { HostCalls } from '../../host-calls/host-calls.ts'
import type { SecretHandles } from '../../host-calls/secrets.ts'
import type { ReleaseRecorder } from '../../recording/release-recorder.ts'
import { PluginRunner, type RunnerState } from '../../sandbox/runner/plugin-runner.ts'
import type { InstanceSpec, Messages } from '../../sandbox/types.ts'
import type { createLineWriter, ErrorReporter } from '../evidence/error-reporter.ts'
import type { createCodeSource } from './code-cache.ts'
import { effectiveLimits, taskLimits, unhurried } from './limits.ts'
import type { PreparedRelease, PrepareServices, ReleaseInput } from './prepare-release.ts'

export interface BackendParts {
  readonly services: PrepareServices
  readonly hostCalls: HostCalls
  readonly settings: PreparedRelease['settings']
  readonly secrets: SecretHandles
  readonly report: ErrorReporter
  readonly write: ReturnType<typeof createLineWriter>
  readonly code: ReturnType<typeof createCodeSource>
  readonly messages: Messages
  /** In development. */
  readonly recorder: ReleaseRecorder | undefined
  /** State changes of the runner of requests. */
  readonly onState: (state: RunnerState) => void
}

export interface Backends {
  readonly runner: PluginRunner
  /** null without the grant. */
  readonly tasks: PluginRunner | null
}

export function buildBackends(input: ReleaseInput, parts: BackendParts): Backends {
  const { sandbox, config, meters } = parts.services
  const { id, grants } = input.installation
  const { inspector } = parts.services
  const own = effectiveLimits(input.release.manifest, config.limits)
  const limits = inspector === undefined ? own : unhurried(own)
  const spec = specOf(input, parts, { limits, meter: input.meter, inspect: inspector?.of('requests') })
  const runner = new PluginRunner({ sandbox, config: config.sandbox, onState: parts.onState, spec })
  if (grants.tasks !== true) return { runner, tasks: null }
  const tasks = new PluginRunner({
    sandbox,
    // A task that fails is tried less and less often, then given up: its plugin need not stop as well.
    config: { ...config.sandbox, maxFailures: Number.POSITIVE_INFINITY },
    onState: () => undefined,
    drainMs: config.tasks.maxDeadlineSeconds * 1000,
    spec: specOf(input, parts, {
      limits: inspector === undefined ? taskLimits(limits, config.tasks) : limits,
      meter: meters.tasksOf(id),
      inspect: inspector?.of('tasks'),
    }),
  })
  return { runner, tasks }
}

function specOf(
  { installation, release }: ReleaseInput,
  parts: BackendParts,
  { limits, meter, inspect }: Pick<InstanceSpec, 'limits' | 'meter' | 'inspect'>,
): InstanceSpec {
  const { secrets, report, hostCalls, recorder } = parts
  return {
    pluginId: installation.id,
    version: release.version,
    code: parts.code,
    messages: parts.messages,
    grants: installation.grants,
    get settings() {
      return parts.settings.values
    },
    secrets: secrets.placeholders,
    mask: secrets.mask,
    limits,
    meter,
    inspect,
    recorder,
    hostCall: recorder === undefined ? hostCalls.handle : recorder.watchHostCalls(hostCalls.handle),
    onLog: (level, message, requestId) =>
      parts.write({ level, message, ...(requestId !== undefined && { requestId }) }),
    onError: (error, requestId) => report(error, requestId),
  }
}
