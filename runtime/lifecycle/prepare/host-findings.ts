// What a manifest expects of the host, against what this host is: its version, and its extension points.

import semver from 'semver'
import type { Manifest } from '../../../sdk/manifest/manifest.ts'
import { checkHostSettingUse } from '../../contributions/host-setting-findings.ts'
import { checkPoints, type PointFindings } from '../../contributions/point-findings.ts'
import type { Problem } from '../../errors.ts'
import type { Points } from '../../host/points.ts'
import type { LifecycleServices } from '../services.ts'

export function hostFindings(
  manifest: Manifest,
  { points, contributors }: Pick<LifecycleServices, 'contributors' | 'points'>,
): PointFindings {
  const engine = engineProblem(manifest, points)
  const [ofPoints, ofSettings] = [
    checkPoints(
      manifest,
      points,
      contributors.plugins().map(({ id }) => id),
    ),
    checkHostSettingUse(manifest, points.host),
  ]
  const problems = [...ofPoints.problems, ...ofSettings.problems]
  const warnings = [...ofPoints.warnings, ...ofSettings.warnings]
  if (engine === undefined) return { problems, warnings }
  // Made for other applications: it may work here, in part.
  return engine.code === 'ENGINE_MISMATCH'
    ? { problems: [engine, ...problems], warnings }
    : { problems, warnings: [engine, ...warnings] }
}

function engineProblem({ engines }: Manifest, { host }: Points): Problem | undefined {
  const wanted = engines?.host
  if (wanted === undefined) return undefined
  const place = { file: 'manifest.json', pointer: '/engines/host' }
  const range = Object.hasOwn(wanted, host.id) ? wanted[host.id] : undefined
  if (range === undefined) {
    const names = Object.keys(wanted).map((id) => `"${id}"`)
    return {
      code: 'POINT_UNKNOWN',
      message: `The plugin is made for ${names.join(', ')}, and this is "${host.id}"`,
      hint: 'Parts of it may do nothing here',
      ...place,
    }
  }
  if (semver.satisfies(host.version, range, { includePrerelease: true })) return undefined
  return {
    code: 'ENGINE_MISMATCH',
    message: `The plugin asks for version "${range}" of "${host.id}", and this is "${host.version}"`,
    hint: `Use a release of the plugin that is made for "${host.id}" ${host.version}`,
    ...place,
    pointer: `/engines/host/${host.id}`,
  }
}
