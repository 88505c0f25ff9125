// Prepares a release for serving: opens its artifact, computes settings and limits, creates the runner of its backend. Requests
// do not see it until it is swapped in.
// Invariant: everything opened is closed when a later step fails.

import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import type { Access } from '../../../sdk/api/access.ts'
import type { Manifest } from '../../../sdk/manifest/manifest.ts'
import type { GuestExports, HostEvent } from '../../../sdk/protocol/guest-calls.ts'
import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { matches } from '../../devices/usb/usb-filter.ts'
import { PlugbayError, type Problem } from '../../errors.ts'
import { hostCallsFor } from '../../host-calls/host-calls.ts'
import { createSecretHandles } from '../../host-calls/secrets.ts'
import { guestView } from '../../host-calls/usb.ts'
import { openArtifact } from '../../package/artifact.ts'
import { PluginRunner, type RunnerState } from '../../sandbox/runner/plugin-runner.ts'
import { InstanceFailure } from '../../sandbox/types.ts'
import type { UsageMeter } from '../../sandbox/usage/usage-meter.ts'
import { createErrorReporter, createLineWriter, type ErrorReporter } from '../evidence/error-reporter.ts'
import type { PluginLog } from '../evidence/plugin-log.ts'
import { createStackMapper, type StackMapper } from '../evidence/stack-mapper.ts'
import type { LifecycleServices } from '../services.ts'
import { createCodeSource } from './code-cache.ts'
import { compareExports } from './compare-exports.ts'
import { effectiveLimits } from './limits.ts'
import { migrateFor } from './migrations.ts'

export type PrepareServices = Pick<
  LifecycleServices,
  'assetCache' | 'config' | 'data' | 'policy' | 'devices' | 'handlers' | 'log' | 'sandbox' | 'store'
>

export interface ReleaseInput {
  readonly installation: InstallationRecord
  readonly release: ReleaseRecord
  readonly settings: Readonly<Record<string, unknown>>
  readonly secrets: Readonly<Record<string, string>>
  readonly log: PluginLog
  readonly meter: UsageMeter
  /** State changes of its backend, whether it serves already or not. */
  readonly onState: (plugin: ServingPlugin, state: RunnerState) => void
}

/** A release that is ready to serve, and how to retire it. */
export interface PreparedRelease {
  readonly plugin: ServingPlugin
  /** null without a backend. */
  readonly runner: PluginRunner | null
  /** Maps stacks with the backend's source map; undefined without a backend. */
  readonly mapper: StackMapper | undefined
  /** Problems with the exports of the backend; warnings go to the plugin's log. */
  compare(exports: GuestExports): readonly Problem[]
  /** Migrates the database for the release. Rejects with MIGRATION_FAILED; then nothing has changed. */
  migrate(): Promise<void>
  /** Waits for requests in flight, then stops the instance and closes the artifact. */
  retire(): Promise<void>
}

export async function prepareRelease(
  input: ReleaseInput,
  services: PrepareServices,
): Promise<PreparedRelease> {
  const { installation, release, log } = input
  const { manifest } = release
  const artifact = await openArtifact(services.store.paths.artifact(release.sha256), {
    cache: services.assetCache,
  })
  try {
    const backend = await artifact.backendCode()
    const mapper = backend === null ? undefined : createStackMapper(backend.mapPath)
    const report = createErrorReporter({
      pluginId: installation.id,
      log,
      serverLog: services.policy.logPlugins ? services.log : undefined,
      mapper,
    })
    const runner =
      backend === null
        ? null
        : buildRunner(input, {
            services,
            report,
            write: createLineWriter(log, mapper),
            code: createCodeSource(installation.id, artifact, services),
            onState: (state) => input.onState(plugin, state),
          })
    const stopDevices = runner === null ? () => undefined : forwardDevices(runner, services)
    const plugin: ServingPlugin = {
      kind: 'serving',
      id: installation.id,
      version: release.version,
      manifest,
      access: effectiveAccess(installation, manifest),
      grants: installation.grants,
      artifact,
      runner,
      policy: services.policy,
      reportError: (error, requestId) =>
        report({ name: error.name ?? 'Error', message: error.message, stack: error.stack ?? '' }, requestId),
      reportLeftOut: leftOutReporter(log),
      reportNoFetch: noFetchReporter(log),
    }
    return {
      plugin,
      runner,
      mapper,
      compare: (exports) => {
        const { problems, warnings } = compareExports(manifest, exports)
        for (const { message, hint } of warnings)
          log.write({ level: 'warn', message: hint === undefined ? message : `${message}. ${hint}` })
        return problems
      },
      migrate: () => migrateFor(installation, release, services),
      async retire() {
        stopDevices()
        await runner?.drain()
        await artifact.close()
      },
    }
  } catch (error) {
    await artifact.close()
    throw error
  }
}

export function effectiveAccess(installation: InstallationRecord, manifest: Manifest): Access {
  return installation.access ?? manifest.access ?? 'public'
}

/**
 * Loads the backend once, compares its exports with what the manifest declares, then migrates its database: a backend that
 * cannot be loaded changes no data. Rejects with LOAD_FAILED, DECLARATION_MISMATCH or MIGRATION_FAILED.
 */
export async function verifyRelease(built: PreparedRelease): Promise<void> {
  await verifyBackend(built)
  await built.migrate()
}

async function verifyBackend({ runner, mapper, compare }: PreparedRelease): Promise<void> {
  if (runner === null) return
  try {
    const problems = compare(await runner.verify())
    const [first] = problems
    if (first !== undefined) throw new PlugbayError('DECLARATION_MISMATCH', first.message, { problems })
  } catch (error) {
    if (error instanceof PlugbayError) throw error
    const stack = error instanceof InstanceFailure ? (error.report?.stack ?? '') : ''
    // With an unreadable map, the author still gets the message.
    const place = await mapper?.place(stack).catch(() => undefined)
    const problem = { ...loadProblem(error), ...place }
    throw new PlugbayError('LOAD_FAILED', problem.message, { problems: [problem], cause: error })
  }
}

/** Describes a failed load to the author. */
export function loadProblem(error: unknown): Problem {
  const report = error instanceof InstanceFailure ? error.report : undefined
  const text =
    report === undefined
      ? error instanceof Error
        ? error.message
        : String(error)
      : `${report.name}: ${report.message}`
  return { code: 'LOAD_FAILED', message: `The backend failed to load: ${text}` }
}

interface RunnerParts {
  readonly services: PrepareServices
  readonly report: ErrorReporter
  readonly write: ReturnType<typeof createLineWriter>
  readonly code: ReturnType<typeof createCodeSource>
  readonly onState: (state: RunnerState) => void
}

function buildRunner(input: ReleaseInput, parts: RunnerParts): PluginRunner {
  const { installation, release } = input
  const { services, report } = parts
  const { id: pluginId, grants } = installation
  const limits = effectiveLimits(release.manifest, services.config.limits)
  const secrets = createSecretHandles(input.secrets)
  return new PluginRunner({
    sandbox: services.sandbox,
    config: services.config.sandbox,
    onState: parts.onState,
    spec: {
      pluginId,
      version: release.version,
      code: parts.code,
      grants,
      settings: input.settings,
      secrets: secrets.placeholders,
      limits,
      meter: input.meter,
      hostCall: hostCallsFor({ pluginId, grants, limits, secrets }, services.handlers),
      onLog: (level, message, requestId) =>
        parts.write({ level, message, ...(requestId !== undefined && { requestId }) }),
      onError: (error, requestId) => report(error, requestId),
    },
  })
}

/** Limits the lines of a release that keeps sending new header names. */
const MOST_LEFT_OUT = 50

function leftOutReporter(log: PluginLog): ServingPlugin['reportLeftOut'] {
  const reported = new Set<string>()
  return (headers) => {
    const news = headers.filter((name) => !reported.has(name)).slice(0, MOST_LEFT_OUT - reported.size)
    for (const name of news) reported.add(name)
    if (news.length === 0) return
    const message = `Headers that are not a plugin's to set were left out of an answer: ${[...new Set(news)].join(', ')} (docs/http.md)`
    log.write({ level: 'info', message })
  }
}

function noFetchReporter(log: PluginLog): ServingPlugin['reportNoFetch'] {
  let isTold = false
  return () => {
    if (isTold) return
    isTold = true
    const message =
      'A request came to the API of the plugin and was answered 404: the backend exports no "fetch". Export default { fetch(request, env, ctx) { … } }'
    log.write({ level: 'warn', message })
  }
}

function forwardDevices(runner: PluginRunner, services: Pick<PrepareServices, 'devices'>): () => void {
  const filters = runner.spec.grants.usb
  if (filters === undefined) return () => undefined
  return services.devices.subscribe(({ kind, device }) => {
    if (!matches(device, filters)) return
    const event: HostEvent = { e: `usb.${kind}`, data: guestView(device) }
    runner.event(JSON.stringify(event))
  })
}
