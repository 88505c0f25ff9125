// Reports what an upload would find and change. Invariant: nothing is stored.

import type { InspectAnswer } from '../../../sdk/api/packages.ts'
import { ERROR_CODES } from '../../../sdk/protocol/error-codes.ts'
import { PlugbayError } from '../../errors.ts'
import type { AcceptedPackage, PackageSource } from '../../package/types.ts'
import { askedAccess, isAtMostAsWide } from '../../permissions/access.ts'
import { difference } from '../../permissions/grants.ts'
import { hostFindings } from '../prepare/host-findings.ts'
import { newestRelease } from '../releases.ts'
import type { LifecycleServices } from '../services.ts'
import { replacedPlugins } from '../views/replaced-plugins.ts'
import { isUnchanged, refuseOlderThanData } from './decide.ts'

type InspectServices = Pick<
  LifecycleServices,
  'contributors' | 'data' | 'packages' | 'points' | 'policy' | 'store'
>

/** Never rejects because of the package's content. */
export async function inspectPackage(
  source: PackageSource,
  services: InspectServices,
): Promise<InspectAnswer> {
  const { packages, store } = services
  const report = await packages.check(source)
  const { manifest, notYetActive, sha256, asked } = report
  const host = report.ok ? hostFindings(report.manifest, services) : undefined
  const problems = [...report.problems, ...(host?.problems ?? [])]
  const warnings = [...report.warnings, ...(host?.warnings ?? [])]
  const id = (manifest as { id?: unknown } | null)?.id
  const record = typeof id === 'string' ? await store.catalog.get(id) : undefined
  const before = record?.reviewed ?? {}
  const installed = record && newestRelease(record, await store.catalog.releases(record.id))
  const claimed = report.ok ? (report.manifest.replaces ?? []) : []
  const access = report.ok ? askedAccess(report.manifest) : null
  return {
    ok: report.ok && problems.length === 0,
    manifest,
    problems,
    warnings,
    notYetActive,
    sha256,
    refusal: report.ok ? await refusalOf(report, services) : null,
    access: {
      asked: access,
      added: access !== null && !isAtMostAsWide(access, askedAccess(installed?.manifest ?? {})),
    },
    replaces: [...(await replacedPlugins(claimed, record, { store }))],
    permissions: { asked, added: difference(asked, before), removed: difference(before, asked) },
  }
}

/** What an upload would be refused with, although the package is right. */
async function refusalOf(
  { manifest: { id, version }, sha256 }: AcceptedPackage,
  { data, policy, store: { catalog } }: InspectServices,
): Promise<InspectAnswer['refusal']> {
  if (!policy.keepReleases) return null
  const [current, removed] = [await catalog.get(id), await catalog.removed(id)]
  try {
    if (current !== undefined)
      isUnchanged({ version, sha256 }, { current, releases: await catalog.releases(id) }, {})
    else if (removed !== undefined && (await data.snapshots.hasData(id)))
      refuseOlderThanData(version, removed, {})
    return null
  } catch (error) {
    if (!(error instanceof PlugbayError)) throw error
    const { code, message } = error
    return { code, message, hint: ERROR_CODES[code].hint }
  }
}
