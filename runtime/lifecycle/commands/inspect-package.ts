// Reports what an upload would find and change. Invariant: nothing is stored.

import type { InspectAnswer } from '../../../sdk/api/packages.ts'
import type { PackageSource } from '../../package/types.ts'
import { difference } from '../../permissions/grants.ts'
import type { LifecycleServices } from '../services.ts'

/** Never rejects because of the package's content. */
export async function inspectPackage(
  source: PackageSource,
  { packages, store }: Pick<LifecycleServices, 'packages' | 'store'>,
): Promise<InspectAnswer> {
  const report = await packages.check(source)
  const { ok, manifest, problems, warnings, notYetActive, sha256, asked } = report
  const id = (manifest as { id?: unknown } | null)?.id
  const record = typeof id === 'string' ? await store.catalog.get(id) : undefined
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
