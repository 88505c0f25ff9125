// Prepares a release for serving: opens its artifact, computes settings and limits, creates the runner of its backend. Requests
// do not see it until it is swapped in.
// Invariant: everything opened is closed when a later step fails.

import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import { secretFields } from '../../../sdk/permissions/asked.ts'
import type { GuestExports, HostEvent } from '../../../sdk/protocol/guest-calls.ts'
import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { PlugbayError, type Problem } from '../../errors.ts'
import { callUpgradeStep } from '../../guest-calls/lifecycle.ts'
import { HostCalls } from '../../host-calls/host-calls.ts'
import { createSecretHandles } from '../../host-calls/secrets.ts'
import { guestView, maySee } from '../../host-calls/usb.ts'
import { type Artifact, openArtifact } from '../../package/artifact.ts'
import type { StackMapper } from '../../package/stack-mapper.ts'
import { effectiveAccess } from '../../permissions/access.ts'
import type { Authority, Mandate } from '../../permissions/authority.ts'
import type { PluginRunner, RunnerState } from '../../sandbox/runner/plugin-runner.ts'
import { InstanceFailure, type Retirement } from '../../sandbox/types.ts'
import type { UsageMeter } from '../../sandbox/usage/usage-meter.ts'
import type { SecretMask } from '../../secrets/secret-mask.ts'
import { createEchoReporter } from '../evidence/echo-reporter.ts'
import { createErrorReporter, createLineWriter } from '../evidence/error-reporter.ts'
import type { PluginLog } from '../evidence/plugin-log.ts'
import type { LifecycleServices } from '../services.ts'
import { buildBackends } from './build-backends.ts'
import type { HeldSettings } from './change-in-place.ts'
import { createCodeSource } from './code-cache.ts'
import { compareExports } from './compare-exports.ts'
import { generationOf } from './generation.ts'
import { inspectedCode } from './inspected-code.ts'
import { effectiveLimits } from './limits.ts'
import { messagesOf } from './messages.ts'
import { pendingMigrations } from './migrations.ts'
import { type BringOptions, createReleaseData, type ReleaseData } from './release-data.ts'
import { type Retired, retireRelease } from './retire-release.ts'

export type PrepareServices = Pick<
  LifecycleServices,
  | 'assetCache'
  | 'config'
  | 'data'
  | 'inspector'
  | 'policy'
  | 'recorder'
  | 'devices'
  | 'handlers'
  | 'languages'
  | 'log'
  | 'meters'
  | 'sandbox'
  | 'sourceMaps'
  | 'store'
>

export interface ReleaseInput {
  readonly installation: InstallationRecord
  readonly release: ReleaseRecord
  readonly settings: HeldSettings
  readonly log: PluginLog
  readonly meter: UsageMeter
  readonly authority: Authority
  /** State changes of its backend, whether it serves already or not. */
  readonly onState: (plugin: ServingPlugin, state: RunnerState) => void
}

/** A release that is ready to serve, and how to retire it. */
export interface PreparedRelease {
  readonly plugin: ServingPlugin
  /** null without a backend. */
  readonly runner: PluginRunner | null
  /** Runs its tasks; null without a backend or the grant. */
  readonly tasks: PluginRunner | null
  /** Maps stacks with the backend's source map; undefined without a backend. */
  readonly mapper: StackMapper | undefined
  /** For what is shown of its sources. */
  readonly mask: SecretMask
  /** What the next instance of its backend starts with; values may be replaced. */
  readonly settings: { values: HeldSettings['values']; readonly secrets: HeldSettings['secrets'] }
  /** Problems with the exports of the backend; warnings go to the plugin's log. */
  compare(exports: GuestExports): readonly Problem[]
  /** What was stored before, and how it becomes data of this release. */
  readonly data: ReleaseData
  /**
   * The release serves no more, or never has.
   * @param successor what replaces it
   */
  retire(how: Retirement, successor?: PreparedRelease): Retired
}

export async function prepareRelease(
  input: ReleaseInput,
  services: PrepareServices,
): Promise<PreparedRelease> {
  const { installation, release, log } = input
  const { manifest } = release
  const { drain = 'reads' } = manifest
  const artifact = await openArtifact(services.store.paths.artifact(release.sha256), {
    cache: services.assetCache,
  })
  const secrets = createSecretHandles(input.settings.secrets, secretFields(manifest.settings))
  const settings = { ...input.settings }
  const { mask } = secrets
  try {
    const { backend } = artifact
    const mapper = backend === null ? undefined : services.sourceMaps.mapper(installation.id, backend.mapPath)
    const report = createErrorReporter({
      pluginId: installation.id,
      log,
      serverLog: services.policy.logPlugins ? services.log : undefined,
      mapper,
    })
    const mandate = input.authority.mandate(installation.grants)
    const recorder = services.recorder?.ofRelease(installation.id, mask)
    const hostCalls = new HostCalls(
      {
        pluginId: installation.id,
        mandate: recorder === undefined ? mandate : recorder.watchMandate(mandate),
        limits: effectiveLimits(manifest, services.config.limits),
        secrets,
        onEcho: createEchoReporter(log),
      },
      services.handlers,
    )
    const backends =
      backend === null
        ? { runner: null, tasks: null }
        : buildBackends(input, {
            services,
            hostCalls,
            settings,
            secrets,
            report,
            recorder,
            write: createLineWriter(log, mapper),
            code: codeOf(installation.id, artifact, services),
            messages: messagesOf(artifact, services.languages, { marks: services.policy.marksMissing }),
            onState: (state) => input.onState(plugin, state),
          })
    const { runner, tasks } = backends
    const stopDevices = [runner, tasks].map((each) =>
      each === null ? () => undefined : forwardDevices(each, hostCalls.mandate, services),
    )
    const plugin: ServingPlugin = {
      kind: 'serving',
      id: installation.id,
      version: release.version,
      manifest,
      access: effectiveAccess(installation.access, manifest),
      grants: installation.grants,
      generation: generationOf(installation, release),
      artifact,
      runner,
      tasks,
      policy: services.policy,
      reportError: (error, requestId) =>
        report(
          { name: error.name ?? 'Error', message: mask(error.message), stack: mask(error.stack ?? '') },
          requestId,
        ),
      reportLeftOut: leftOutReporter(log),
      reportWithheld: withheldReporter(log),
      reportRefusedWorker: refusedWorkerReporter(log),
      reportNoFetch: noFetchReporter(log),
      reportOnce: onceReporter(log),
    }
    return {
      plugin,
      runner,
      tasks,
      mapper,
      mask,
      settings,
      compare: (exports) => {
        const { problems, warnings } = compareExports(manifest, exports, (path) =>
          plugin.artifact.entries.some((entry) => entry.path === path),
        )
        for (const { message, hint } of warnings)
          log.write({ level: 'warn', message: hint === undefined ? message : `${message}. ${hint}` })
        return problems
      },
      data: createReleaseData({
        installation,
        version: release.version,
        services,
        pendingMigrations: () => pendingMigrations(installation, release, services),
        exports: async () => (runner === null ? [] : await runner.verify()),
        callStep: async (step, caller) =>
          runner === null
            ? undefined
            : await callUpgradeStep({ runner, reportError: plugin.reportError }, step, caller),
      }),
      retire(how, successor) {
        for (const stop of stopDevices) stop()
        // After a restart the same code serves: what is under way cannot write over what other code has written.
        const isRestart = successor?.plugin.artifact.sha256 === artifact.sha256
        const parts = { backends: [runner, tasks], hostCalls, drain: isRestart ? 'full' : drain } as const
        return retireRelease({ ...parts, closeArtifact: () => artifact.close() }, how)
      },
    }
  } catch (error) {
    await artifact.close()
    throw error
  }
}

/**
 * Loads the backend once, compares its exports with what the manifest declares, then brings the data to the release: a backend
 * that cannot be loaded changes no data. Rejects with LOAD_FAILED or DECLARATION_MISMATCH, and as ReleaseData.bring() does.
 */
export async function verifyRelease(built: PreparedRelease, options: BringOptions): Promise<void> {
  await verifyBackend(built)
  await built.data.bring(options)
}

async function verifyBackend({ runner, mapper, mask, compare }: PreparedRelease): Promise<void> {
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
    const frame = place?.frame === undefined ? {} : { frame: mask(place.frame) }
    const problem = { ...loadProblem(error), ...place, ...frame }
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

/** Visitors choose the names. */
const MOST_WITHHELD = 20

function withheldReporter(log: PluginLog): ServingPlugin['reportWithheld'] {
  const reported = new Set<string>()
  return (name) => {
    if (reported.size >= MOST_WITHHELD || reported.has(name)) return
    reported.add(name)
    const message = `The request header "${name}" may hold credentials and was not passed on: ask for it under "permissions.credentials" in manifest.json (docs/http.md)`
    log.write({ level: 'info', message })
  }
}

function refusedWorkerReporter(log: PluginLog): ServingPlugin['reportRefusedWorker'] {
  let isTold = false
  return () => {
    if (isTold) return
    isTold = true
    const message =
      'A service worker was refused: ask for "permissions.serviceWorker" in manifest.json, and have it granted (docs/http.md)'
    log.write({ level: 'warn', message })
  }
}

function onceReporter(log: PluginLog): ServingPlugin['reportOnce'] {
  const reported = new Set<string>()
  return (message) => {
    if (reported.has(message)) return
    reported.add(message)
    log.write({ level: 'warn', message })
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

function forwardDevices(
  runner: PluginRunner,
  mandate: Mandate,
  { devices }: Pick<PrepareServices, 'devices'>,
): () => void {
  if (runner.spec.grants.usb === undefined) return () => undefined
  return devices.subscribe(({ kind, device }) => {
    if (!maySee(mandate, device)) return
    const event: HostEvent = { e: `usb.${kind}`, data: guestView(device, devices) }
    runner.event(JSON.stringify(event))
  })
}

function codeOf(
  id: string,
  artifact: Artifact,
  services: PrepareServices,
): ReturnType<typeof createCodeSource> {
  const code = createCodeSource(id, artifact, services)
  const { inspector } = services
  if (inspector === undefined || artifact.backend === null) return code
  return inspectedCode(code, artifact.backend.mapPath, inspector)
}
