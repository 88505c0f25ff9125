// The frontend bundles of a plugin, as its release has them and its grants allow. A pure function of what serves.

import type { Problem } from '../errors.ts'
import type { BundleIndex } from '../package/format/artifact-format.ts'
import type { LivePlugin, ServingPlugin } from './live-plugin.ts'

export interface Bundle extends BundleIndex {
  readonly as: 'frame' | 'module'
  /** Whether the backend gives it data. */
  readonly hasData: boolean
}

type BundleSource = Pick<ServingPlugin, 'grants' | 'manifest'> & {
  readonly artifact: Pick<ServingPlugin['artifact'], 'frontend'>
}

/** Without modules that may not run in pages: what is not granted is not there. */
export function bundlesOf(plugin: BundleSource): readonly Bundle[] {
  return allBundles(plugin).filter(({ as }) => as === 'frame' || mayRunInPages(plugin))
}

export function bundleOf(plugin: BundleSource, id: string): Bundle | undefined {
  return bundlesOf(plugin).find((bundle) => bundle.id === id)
}

/** For the operator: bundles that are not shown for lack of a grant. */
export function withheldBundles(plugin: LivePlugin | undefined): readonly Problem[] {
  if (plugin?.kind !== 'serving' || mayRunInPages(plugin)) return []
  return allBundles(plugin)
    .filter(({ as }) => as === 'module')
    .map(({ id }) => ({
      code: 'PERMISSION_DENIED',
      message: `The bundle "${id}" is not shown: it runs in pages of the application, and that is not granted`,
      hint: 'Grant "hostPages" if you trust the plugin as much as the application itself',
    }))
}

function allBundles({ manifest, artifact }: BundleSource): readonly Bundle[] {
  const declared = new Map((manifest.contributes?.bundles ?? []).map((bundle) => [bundle.id, bundle]))
  return (artifact.frontend?.bundles ?? []).map((files) => {
    const { as = 'frame', data = false } = declared.get(files.id) ?? {}
    return { ...files, as, hasData: data }
  })
}

function mayRunInPages({ grants }: BundleSource): boolean {
  return grants.hostPages === true
}
