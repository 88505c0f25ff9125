// An installation as the admin API shows it.

import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import type { Installation } from '../../../sdk/api/plugins.ts'
import type { Resources } from '../../../sdk/api/resources.ts'
import { textIn } from '../../../sdk/manifest/text.ts'
import type { Config } from '../../config/config.ts'
import { addressesOf } from '../../contributions/addresses.ts'
import type { LivePlugin } from '../../contributions/live-plugin.ts'
import { difference } from '../../permissions/grants.ts'
import { type PluginControllers, unknownPlugin } from '../plugin-controllers.ts'
import { effectiveAccess } from '../prepare/prepare-release.ts'
import { newestRelease } from '../releases.ts'
import type { LifecycleServices } from '../services.ts'
import { problemOf, stateOf } from '../state.ts'
import { resourceFigures } from './resource-figures.ts'

/** Rejects with PLUGIN_UNKNOWN when the plugin was removed after its record was read. */
export type View = (record: InstallationRecord) => Promise<Installation>

export function createView(
  controllers: PluginControllers,
  { config, store }: Pick<LifecycleServices, 'config' | 'store'>,
): View {
  return async (record) => {
    const controller = controllers.get(record.id)
    if (controller === undefined) throw unknownPlugin(record.id)
    const [releases, resources] = await Promise.all([
      store.catalog.releases(record.id),
      resourceFigures(controller, { store }),
    ])
    return viewOf({ record, releases, live: controller.live, config, resources })
  }
}

interface ViewInput {
  readonly record: InstallationRecord
  /** Newest first. */
  readonly releases: readonly ReleaseRecord[]
  readonly live: LivePlugin | undefined
  readonly config: Config
  readonly resources: Resources
}

function viewOf({ record, releases, live, config, resources }: ViewInput): Installation {
  const { id, candidateVersion, activeVersion } = record
  const active = releases.find(({ version }) => version === activeVersion)
  const manifest = newestRelease(record, releases)?.manifest
  const asked = manifest?.permissions ?? {}
  return {
    id,
    name: manifest === undefined ? id : textIn(manifest.name, config.languages),
    description: manifest?.description === undefined ? null : textIn(manifest.description, config.languages),
    version: activeVersion,
    sha256: active?.sha256 ?? null,
    enabled: record.enabled,
    state: stateOf(record, live),
    problem: problemOf(live),
    access: manifest === undefined ? 'public' : effectiveAccess(record, manifest),
    permissions: asked,
    grants: record.grants,
    candidate:
      candidateVersion === null
        ? null
        : { version: candidateVersion, added: difference(asked, record.reviewed) },
    urls: addressesOf(live),
    releases: releases.map(({ version, sha256, installedAt }) => ({
      version,
      sha256,
      installedAt,
      active: version === activeVersion,
    })),
    resources,
  }
}
