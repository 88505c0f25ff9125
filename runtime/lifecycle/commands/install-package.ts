// Handles an upload, from the bytes to the serving release.
// Invariant: nothing invalid is stored; the store changes in one transaction, after everything that can fail.

import { rm } from 'node:fs/promises'
import type { InstallationRecord, ReleaseRecord, RemovedRecord } from '../../../plugin-store/records.ts'
import type { Actor, InstallationChange } from '../../../plugin-store/store.ts'
import type { Access } from '../../../sdk/api/access.ts'
import type { Manifest } from '../../../sdk/manifest/manifest.ts'
import { grantablePermissions } from '../../../sdk/permissions/asked.ts'
import { PlugbayError } from '../../errors.ts'
import type { AcceptedPackage, PackageReport, PackageSource } from '../../package/types.ts'
import { askedAccess } from '../../permissions/access.ts'
import type { PluginController, Trial } from '../plugin-controller.ts'
import type { PluginControllers, Turn } from '../plugin-controllers.ts'
import type { UploadOptions, UploadOutcome } from '../plugins.ts'
import { hostFindings } from '../prepare/host-findings.ts'
import type { PreparedRelease } from '../prepare/prepare-release.ts'
import { newestRelease } from '../releases.ts'
import type { LifecycleServices } from '../services.ts'
import type { View } from '../views/installation-view.ts'
import { replacedPlugins } from '../views/replaced-plugins.ts'
import { dataAfter, followRecord, lacksSettings, notifyDisabled, tryRelease } from './change.ts'
import {
  changeFor,
  devVersion,
  isUnchanged,
  otherPlugin,
  refuseOlderThanData,
  waitingChange,
} from './decide.ts'

/** Enough to go back a few saves; a page that is still open may request files of its revision. */
const KEPT_IN_DEV = 5

export interface InstallServices
  extends Pick<
    LifecycleServices,
    'contributors' | 'data' | 'packages' | 'points' | 'policy' | 'safe' | 'store'
  > {
  readonly controllers: PluginControllers
  readonly view: View
}

/** Rejects with a PlugbayError: archive, manifest and code problems, VERSION_EXISTS, DOWNGRADE. Nothing changes then. */
export async function installPackage(
  source: PackageSource,
  options: UploadOptions,
  services: InstallServices,
): Promise<UploadOutcome> {
  const { report: found, folder } = await services.packages.stage(source)
  requireAccepted(found)
  const { id } = found.manifest
  try {
    const { problems, warnings } = hostFindings(found.manifest, services)
    const [problem] = problems
    if (problem !== undefined) throw new PlugbayError(problem.code, problem.message, { problems })
    const report = { ...found, warnings: [...found.warnings, ...warnings] }
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
  { data, policy, safe, store, view }: InstallServices,
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
  const doubt = warnings.find(({ code }) => code === 'MIGRATION_MISPLACED')
  const installedAt = new Date().toISOString()
  const release = { pluginId, version, sha256, manifest, installedAt, ...(doubt && { doubt }) }
  const chosen = current ?? (await returning({ id: pluginId, version }, { data, store, downgrade }))
  const before = chosen && beforeOf(chosen, releases)
  const access = { asked: askedAccess(manifest), before }
  const request = { version, asked: report.asked, grantable: grantablePermissions(manifest), access }
  const waits = chosen === undefined && (await asksForPlace(manifest, store))
  const wanted = waits ? waitingChange(request, options.enable) : changeFor(request, chosen, options)
  await artifacts.publishArtifact(folder, sha256)
  const { actor } = options
  const end =
    current === undefined ? undefined : await notifyDisabled(controller, current, { change: wanted, actor })
  const trial = safe ? undefined : toBeTried(release, { controller, record: current, change: wanted })
  const isDoubted =
    doubt !== undefined && trial !== undefined && policy.keepReleases && options.grant !== 'all'
  const tried = isDoubted ? 'waits' : await tryUpload(controller, trial, actor)
  const prepared = tried === 'waits' ? undefined : tried
  // Its grants and its audience follow when it goes live: what serves gets nothing of them.
  const change = tried === 'waits' ? { enabled: wanted.enabled ?? true, candidateVersion: version } : wanted
  const action = current === undefined ? 'plugin.install' : 'plugin.update'
  const audit = { actor, action, detail: { version, sha256 } }
  const record = await controller.attempt(prepared, () =>
    catalog.addRelease(release, { ...change, ...end?.reached, ...dataAfter(current, prepared) }, audit),
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

/** As tryRelease(); a release that lacks settings waits while another one serves. */
async function tryUpload(
  controller: PluginController,
  trial: Trial | undefined,
  actor: Actor,
): Promise<PreparedRelease | undefined | 'waits'> {
  try {
    return await tryRelease(controller, trial, actor)
  } catch (error) {
    if (lacksSettings(error)) return 'waits'
    throw error
  }
}

/** Whether it asks to take the place of a plugin that is here: an administrator decides that before it runs. */
async function asksForPlace(
  { replaces = [] }: Pick<Manifest, 'replaces'>,
  store: InstallServices['store'],
): Promise<boolean> {
  const replaced = await replacedPlugins(replaces, undefined, { store })
  return replaced.some(({ state }) => state === 'open')
}

/** What is remembered of a plugin that was uninstalled, and returns. Throws DOWNGRADE for a release that is older than the data. */
async function returning(
  upload: { readonly id: string; readonly version: string },
  { data, store, downgrade }: Pick<InstallServices, 'data' | 'store'> & { readonly downgrade: boolean },
): Promise<RemovedRecord | undefined> {
  const removed = await store.catalog.removed(upload.id)
  if (removed !== undefined && (await data.snapshots.hasData(upload.id)))
    refuseOlderThanData(upload.version, removed, { downgrade })
  return removed
}

/** The audience that was asked for until now. */
function beforeOf(
  chosen: InstallationRecord | RemovedRecord,
  releases: readonly ReleaseRecord[],
): Access | undefined {
  if ('accessAsked' in chosen) return chosen.accessAsked
  const newest = newestRelease(chosen, releases)
  return newest && askedAccess(newest.manifest)
}

/** Tries a release that will serve. The first release of a plugin is installed untried, because it may need settings first. */
function toBeTried(
  release: ReleaseRecord,
  {
    controller,
    record,
    change,
  }: Pick<Turn, 'controller' | 'record'> & { readonly change: InstallationChange },
): Trial | undefined {
  if (record === undefined) return undefined
  const wanted = { ...record, ...change }
  return controller.isWanted(wanted) && wanted.activeVersion === release.version
    ? { record: wanted, release }
    : undefined
}

/** Whether the new release awaits approval, or settings, while the previous one serves. */
function servesOn(controller: PluginController, record: InstallationRecord, version: string): boolean {
  const { live } = controller
  return controller.isWanted(record) && record.activeVersion !== version && live?.kind === 'serving'
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
