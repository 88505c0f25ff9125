// An installation as the admin API shows it.

import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import type { Problem } from '../../../sdk/api/problems.ts'
import type { ReplacedPlugin } from '../../../sdk/api/replaced.ts'
import type { Resources } from '../../../sdk/api/resources.ts'
import type { Manifest } from '../../../sdk/manifest/manifest.ts'
import type { Text } from '../../../sdk/manifest/text.ts'
import { askedPermissions, grantablePermissions } from '../../../sdk/permissions/asked.ts'
import type { Config } from '../../config/config.ts'
import { addressesOf } from '../../contributions/addresses.ts'
import { withheldBundles } from '../../contributions/bundles.ts'
import { conflictsOf } from '../../contributions/conflicts.ts'
import type { Contributors } from '../../contributions/contributors.ts'
import { declaredImages, imageProblemsOf } from '../../contributions/images.ts'
import type { LivePlugin } from '../../contributions/live-plugin.ts'
import type { Points } from '../../host/points.ts'
import type { Languages } from '../../languages/languages.ts'
import { askedAccess, effectiveAccess } from '../../permissions/access.ts'
import { difference } from '../../permissions/grants.ts'
import { forcedOf, isWanted } from '../forced.ts'
import { type PluginControllers, unknownPlugin } from '../plugin-controllers.ts'
import { hostFindings } from '../prepare/host-findings.ts'
import type { SettingServices } from '../prepare/read-settings.ts'
import { reasonOf, waitingRelease } from '../prepare/waiting-release.ts'
import { newestRelease, releaseBefore, shownRelease } from '../releases.ts'
import type { LifecycleServices } from '../services.ts'
import { problemOf, stateOf } from '../state.ts'
import { absentTargets } from './absent-targets.ts'
import { replacedPlugins, replaceWarnings } from './replaced-plugins.ts'
import { resourceFigures } from './resource-figures.ts'

/** Rejects with PLUGIN_UNKNOWN when the plugin was removed after its record was read. */
export type View = (record: InstallationRecord) => Promise<Installation>

type ViewServices = SettingServices &
  Pick<
    LifecycleServices,
    'bundleFailures' | 'config' | 'data' | 'hostSettings' | 'languages' | 'meters' | 'templates' | 'values'
  >

export function createView(controllers: PluginControllers, services: ViewServices): View {
  const {
    bundleFailures,
    config,
    contributors,
    hostSettings,
    languages,
    data,
    meters,
    points,
    store,
    templates,
    values,
  } = services
  return async (record) => {
    const controller = controllers.get(record.id)
    if (controller === undefined) throw unknownPlugin(record.id)
    const [releases, resources] = await Promise.all([
      store.catalog.releases(record.id),
      resourceFigures(controller, { data, meters, store }),
    ])
    const { live } = controller
    const claimed = newestRelease(record, releases)?.manifest.replaces ?? []
    const replaces = await replacedPlugins(claimed, record, { store })
    const waiting = await waitingRelease(record, releases, { services })
    const others = [
      ...controller.warnings,
      ...absentTargets(live, { controllers, hostId: points.host.id }),
      ...hostSettings.problemsOf(record.id),
      ...values.problemsOf(record.id),
      ...(live?.kind === 'serving' ? templates.warningsOf(live.manifest) : []),
      ...imageProblemsOf(record.id, declaredImages(contributors.plugins())),
      ...withheldBundles(live),
      ...bundleFailures.problemsOf(record.id),
      ...(await replaceWarnings(record.id, replaces, { store })),
    ]
    return viewOf({
      record,
      releases,
      live,
      others,
      reason: waiting === undefined ? null : reasonOf(waiting, record.activeVersion ?? ''),
      replaces,
      config,
      languages,
      points,
      contributors,
      resources,
    })
  }
}

interface ViewInput {
  readonly record: InstallationRecord
  /** Newest first. */
  readonly releases: readonly ReleaseRecord[]
  readonly live: LivePlugin | undefined
  /** Warnings that are not about its manifest. */
  readonly others: readonly Problem[]
  /** Why a release waits. */
  readonly reason: Problem | null
  readonly replaces: readonly ReplacedPlugin[]
  readonly config: Config
  readonly languages: Languages
  readonly points: Points
  readonly contributors: Contributors
  readonly resources: Resources
}

function viewOf(input: ViewInput): Installation {
  const { record, releases, live, others, config, languages, resources } = input
  const textIn = (text: Text): string => languages.text(text, languages.default)
  const { id, candidateVersion, activeVersion } = record
  const active = releases.find(({ version }) => version === activeVersion)
  const previous = releaseBefore(record, releases)?.version
  const manifest = newestRelease(record, releases)?.manifest
  const asked = askedPermissions(manifest)
  return {
    id,
    name: manifest === undefined ? id : textIn(manifest.name),
    description: manifest?.description === undefined ? null : textIn(manifest.description),
    version: activeVersion,
    sha256: active?.sha256 ?? null,
    hasIcon: shownRelease(record, releases)?.manifest.icon !== undefined,
    enabled: record.enabled,
    forced: forcedOf(id, config.plugins),
    state: stateOf({ ...record, enabled: isWanted(record, config.plugins) }, live),
    problem: problemOf(live),
    warnings: [...(manifest === undefined ? [] : warningsOf(manifest, input)), ...others],
    access: effectiveAccess(record.access, shownRelease(record, releases)?.manifest ?? {}),
    accessAsked: askedAccess(manifest ?? {}),
    permissions: asked,
    grantable: grantablePermissions(manifest),
    grants: record.grants,
    candidate:
      candidateVersion === null
        ? null
        : { version: candidateVersion, added: difference(asked, record.reviewed), problem: input.reason },
    replaces: [...input.replaces],
    urls: addressesOf(live),
    releases: releases.map(({ version, sha256, installedAt }) => ({
      version,
      sha256,
      installedAt,
      active: version === activeVersion,
      previous: version === previous,
    })),
    resources,
  }
}

/** The host may have changed since the release was installed, so what refuses an upload may be found here, too. */
function warningsOf(
  manifest: Manifest,
  host: Pick<ViewInput, 'points' | 'contributors'>,
): readonly Problem[] {
  const { problems, warnings } = hostFindings(manifest, host)
  return [...problems, ...warnings, ...conflictsOf(manifest.id, host.points, host.contributors)]
}
