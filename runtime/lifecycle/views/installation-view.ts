// How an installation looks through the admin API.

import type { InstallationRecord, ReleaseRecord } from '../../../plugin-store/records.ts'
import type { Manifest } from '../../../sdk/manifest/manifest.ts'
import { textIn } from '../../../sdk/manifest/text.ts'
import type { Config } from '../../config/config.ts'
import { difference } from '../../permissions/grants.ts'
import type { PluginController } from '../plugin-controller.ts'
import type { Installation, ResourceFigures } from '../plugins.ts'
import { effectiveAccess } from '../prepare/prepare-release.ts'

export interface ViewInput {
  readonly record: InstallationRecord
  /** Newest first. */
  readonly releases: readonly ReleaseRecord[]
  readonly plugin: PluginController
  readonly config: Config
  readonly resources: ResourceFigures
}

export function viewOf({ record, releases, plugin, config, resources }: ViewInput): Installation {
  const { id } = record
  const active = releases.find(({ version }) => version === record.activeVersion)
  const candidate = releases.find(({ version }) => version === record.candidateVersion)
  const shown = candidate ?? active
  const manifest = shown?.manifest as Manifest | undefined
  const asked = manifest?.permissions ?? {}
  const route = plugin.live?.route
  return {
    id,
    name: manifest === undefined ? id : textIn(manifest.name, config.languages),
    description: manifest?.description === undefined ? null : textIn(manifest.description, config.languages),
    version: active?.version ?? null,
    sha256: active?.sha256 ?? null,
    enabled: record.enabled,
    state: record.enabled && candidate !== undefined ? 'waiting-approval' : plugin.state,
    problem: plugin.problem,
    access: manifest === undefined ? 'public' : effectiveAccess(record, manifest),
    permissions: asked,
    grants: record.grants,
    candidate:
      candidate === undefined
        ? null
        : { version: candidate.version, added: difference(asked, record.reviewed) },
    urls: {
      api: route?.runner == null ? null : `/plugins/${id}/api/`,
      page: route?.artifact.frontend == null ? null : `/plugins/${id}/`,
    },
    releases: releases.map(({ version, sha256, installedAt }) => ({
      version,
      sha256,
      installedAt,
      active: version === record.activeVersion,
    })),
    resources,
  }
}
