// Handles an upload, from the bytes to the serving release.
// Invariant: nothing invalid is stored; the store changes in one transaction, after everything that can fail.

import { rm } from 'node:fs/promises'
import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import type { InstallationChange } from '../../../plugin-store/store.ts'
import { PlugbayError } from '../../errors.ts'
import type { AcceptedPackage, PackageReport, PackageSource } from '../../package/types.ts'
import type { PluginController } from '../plugin-controller.ts'
import type { PluginControllers, Turn } from '../plugin-controllers.ts'
import type { UploadOptions, UploadOutcome } from '../plugins.ts'
import { retireOnFailure } from '../prepare/retire-on-failure.ts'
import type { LifecycleServices } from '../services.ts'
import type { View } from '../views/installation-view.ts'
import { followRecord, notifyDisabled, type Trial, tryRelease } from './change.ts'
import { changeFor, devVersion, isUnchanged, otherPlugin } from './decide.ts'

/** Enough to go back a few saves; a page that is still open may request files of its revision. */
const KEPT_IN_DEV = 5

export interface InstallServices extends Pick<LifecycleServices, 'packages' | 'policy' | 'safe' | 'store'> {
  readonly controllers: PluginControllers
  readonly view: View
}

/** Rejects with a PlugbayError: archive, manifest and code problems, VERSION_EXISTS, DOWNGRADE. Nothing changes then. */
export async function installPackage(
  source: PackageSource,
  options: UploadOptions,
  services: InstallServices,
): Promise<UploadOutcome> {
  const { report, folder } = await services.packages.stage(source)
  requireAccepted(report)
  const { id } = report.manifest
  try {
    if (options.id !== undefined && options.id !== id) throw otherPlugin(options.id, id)
    return await services.controllers.turn(id, (turn) => install(turn, { report, folder, options }, services))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Upload {
  readonly report: AcceptedPackage
  readonly folder: string
  readonly options: UploadOptions
}

/** Decided, tried, recorded, applied: as in change.ts, for a plugin that may not be installed yet. */
async function install(
  { controller, record: current }: Turn,
  { report, folder, options }: Upload,
  { policy, safe, store, view }: InstallServices,
): Promise<UploadOutcome> {
  const { catalog, artifacts } = store
  const { manifest, sha256, warnings, notYetActive } = report
  const { id: pluginId } = manifest
  const version = policy.keepReleases ? manifest.version : devVersion(manifest.version, sha256)
  const releases = current === undefined ? [] : await catalog.releases(pluginId)
  // All saves have equal precedence.
  const downgrade = options.downgrade === true || !policy.keepReleases
  if (current !== undefined && isUnchanged({ version, sha256 }, { current, releases }, { downgrade })) {
    if (options.repair === true) await artifacts.publishArtifact(folder, sha256)
    return { kind: 'unchanged', installation: await view(current), warnings, notYetActive }
  }
  const release = { pluginId, version, sha256, manifest, installedAt: new Date().toISOString() }
  const change = changeFor({ version, asked: report.asked }, current, options)
  await artifacts.publishArtifact(folder, sha256)
  const { actor } = options
  const end = current === undefined ? undefined : await notifyDisabled(controller, current, { change, actor })
  const prepared = safe
    ? undefined
    : await tryRelease(controller, toBeTried(release, { record: current, change }))
  const action = current === undefined ? 'plugin.install' : 'plugin.update'
  const audit = { actor, action, detail: { version, sha256 } }
  const record = await retireOnFailure(prepared, () =>
    catalog.addRelease(release, { ...change, ...end?.reached }, audit),
  )
  if (servesOn(controller, record, version)) controller.note(record)
  else await followRecord(controller, { record, prepared, actor, problem: end?.problem })
  if (!policy.keepReleases) await forgetOldReleases(pluginId, store)
  return {
    kind: current === undefined ? 'created' : 'updated',
    installation: await view(controller.record ?? record),
    warnings,
    notYetActive,
  }
}

/** Tries a release that will serve. The first release of a plugin is installed untried, because it may need settings first. */
function toBeTried(
  release: ReleaseRecord,
  { record, change }: { record: InstallationRecord | undefined; change: InstallationChange },
): Trial | undefined {
  if (record === undefined) return undefined
  const wanted = { ...record, ...change }
  return wanted.enabled && wanted.activeVersion === release.version ? { record: wanted, release } : undefined
}

/** Whether the new release awaits approval while the previous one serves. */
function servesOn({ live }: PluginController, record: InstallationRecord, version: string): boolean {
  return record.enabled && record.activeVersion !== version && live?.kind === 'serving'
}

/** Development creates a release with every save. */
async function forgetOldReleases(
  id: string,
  { artifacts, catalog }: LifecycleServices['store'],
): Promise<void> {
  for (const sha256 of await catalog.forgetReleases(id, KEPT_IN_DEV)) await artifacts.remove(sha256)
}

/** Throws the first problem's code, with all problems. */
function requireAccepted(report: PackageReport): asserts report is AcceptedPackage {
  if (report.ok) return
  const { problems } = report
  const [problem] = problems
  throw new PlugbayError(problem?.code ?? 'ARCHIVE_CORRUPT', problem?.message, { problems })
}
