// An upload, from the bytes to the release that serves; and the same checks without an upload.
// Invariant: nothing is stored before it is valid; the store changes in one transaction, after everything that can fail.

import { rm } from 'node:fs/promises'
import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import type { Manifest } from '../../../sdk/manifest/manifest.ts'
import { PlugbayError } from '../../errors.ts'
import type { PackageReport, PackageSource } from '../../package/types.ts'
import { difference } from '../../permissions/grants.ts'
import type { PluginController } from '../plugin-controller.ts'
import type { PluginControllers } from '../plugin-controllers.ts'
import type { InspectReport, UploadOptions, UploadOutcome } from '../plugins.ts'
import { tryRelease } from '../prepare/try-release.ts'
import type { LifecycleServices } from '../services.ts'
import { changeFor, devVersion, isUnchanged, otherPlugin } from './decide.ts'

/** Enough to go back a few saves; a page that is still open may ask for what it was made from. */
const KEPT_IN_DEV = 5

/** Rejects with a PlugbayError: archive, manifest and code problems, VERSION_EXISTS, DOWNGRADE. Nothing changes then. */
export async function installPackage(
  registry: PluginControllers,
  source: PackageSource,
  options: UploadOptions,
): Promise<UploadOutcome> {
  const { report, folder } = await registry.services.packages.stage(source)
  const { manifest, sha256 } = acceptable(report)
  const plugin = registry.plugin(manifest.id)
  try {
    if (options.id !== undefined && options.id !== manifest.id) throw otherPlugin(options.id, manifest.id)
    const { keepReleases } = registry.services.policy
    const version = keepReleases ? manifest.version : devVersion(manifest.version, sha256)
    const staged = { report, folder, manifest, version, sha256 }
    return await plugin.exclusive(() => install({ registry, plugin, staged, options }))
  } finally {
    await rm(folder, { recursive: true, force: true })
    await registry.forgetIfUnknown(plugin)
  }
}

/** What an upload would say and change; nothing is stored. Never rejects for what is in the package. */
export async function inspectPackage(
  services: LifecycleServices,
  source: PackageSource,
): Promise<InspectReport> {
  const report = await services.packages.check(source)
  const { ok, manifest, problems, warnings, notYetActive, sha256, asked } = report
  const id = (manifest as { id?: unknown } | null)?.id
  const record = typeof id === 'string' ? await services.store.catalog.get(id) : undefined
  const before = record?.reviewed ?? {}
  return {
    ok,
    manifest,
    problems,
    warnings,
    notYetActive,
    sha256,
    permissions: { asked, added: difference(asked, before), removed: difference(before, asked) },
  }
}

interface Staged {
  readonly report: PackageReport
  readonly folder: string
  readonly manifest: Manifest
  /** Under which the release is remembered. */
  readonly version: string
  readonly sha256: string
}

interface Install {
  readonly registry: PluginControllers
  readonly plugin: PluginController
  readonly staged: Staged
  readonly options: UploadOptions
}

async function install({ registry, plugin, staged, options }: Install): Promise<UploadOutcome> {
  const { services } = registry
  const { catalog } = services.store
  const { report, folder, manifest, version, sha256 } = staged
  const { warnings, notYetActive } = report
  const { id } = manifest
  const current = await catalog.get(id)
  const releases = current === undefined ? [] : await catalog.releases(id)
  // Every save is as good as the one before it.
  const downgrade = options.downgrade === true || !services.policy.keepReleases
  if (current !== undefined && isUnchanged({ version, sha256 }, { current, releases }, { downgrade })) {
    if (options.repair === true) await services.store.artifacts.publishArtifact(folder, sha256)
    return { kind: 'unchanged', installation: await registry.view(current), warnings, notYetActive }
  }
  const change = changeFor({ version, asked: report.asked }, current, options)
  await services.store.artifacts.publishArtifact(folder, sha256)
  const release: ReleaseRecord = {
    pluginId: id,
    version,
    sha256,
    manifest: manifest as unknown as ReleaseRecord['manifest'],
    installedAt: new Date().toISOString(),
  }
  const built = await tryRelease(plugin, { current, change, release }, services)
  let record: InstallationRecord
  try {
    const action = current === undefined ? 'plugin.install' : 'plugin.update'
    record = await catalog.addRelease(release, change, {
      actor: options.actor,
      action,
      detail: { version, sha256 },
    })
  } catch (error) {
    await built?.retire()
    throw error
  }
  const { actor } = options
  if (built !== undefined) await plugin.serve(built, record, actor)
  else if (record.activeVersion === version || plugin.live === undefined)
    await plugin.reconcile(record, { verify: true, actor })
  else registry.emitState(plugin, record)
  if (!services.policy.keepReleases) await forgetOldReleases(id, services)
  return {
    kind: current === undefined ? 'created' : 'updated',
    // It is disabled when its backend refused.
    installation: await registry.view(await registry.record(id)),
    warnings,
    notYetActive,
  }
}

/** Development makes a release with every save. */
async function forgetOldReleases(id: string, { store }: LifecycleServices): Promise<void> {
  for (const sha256 of await store.catalog.forgetReleases(id, KEPT_IN_DEV))
    await store.artifacts.remove(sha256)
}

/** Throws the first problem's code, with all problems. */
function acceptable(report: PackageReport): { manifest: Manifest; sha256: string } {
  const [problem] = report.problems
  if (!report.ok || report.sha256 === null || problem !== undefined) {
    throw new PlugbayError(problem?.code ?? 'ARCHIVE_CORRUPT', problem?.message, {
      problems: report.problems,
    })
  }
  return { manifest: report.manifest as Manifest, sha256: report.sha256 }
}
