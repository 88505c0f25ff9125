// The files of each frontend bundle: as the manifest names them, or as Vite has built them.
// Invariant: a bundle of the result has all of its files in the package.

import type { Problem } from '../../../../sdk/api/problems.ts'
import type { Manifest } from '../../../../sdk/manifest/manifest.ts'
import { didYouMean } from '../../../../sdk/text/did-you-mean.ts'
import type { BundleIndex } from '../../format/artifact-format.ts'
import { isPageType, mediaTypeOf } from '../../format/media-types.ts'
import type { ViteBuild } from './vite-manifest.ts'

type Contributions = NonNullable<Manifest['contributes']>
type Bundle = NonNullable<Contributions['bundles']>[number]

export interface BundlePlan {
  readonly bundles: readonly BundleIndex[]
  readonly problems: readonly Problem[]
}

export interface BundleContext {
  readonly assets: ReadonlyMap<string, unknown>
  /** undefined without a manifest of Vite; "refused" when it is wrong, which is a problem of its own. */
  readonly build: ViteBuild | 'refused' | undefined
  /** Where that manifest is looked for, in the package. */
  readonly viteManifest: string
}

/** Missing files that the manifest names are reported by its own check, with their lines. */
export function planBundles(contributes: Partial<Contributions>, context: BundleContext): BundlePlan {
  const problems: Problem[] = []
  const bundles: BundleIndex[] = []
  const isThere = (path: string) => context.assets.has(path)
  for (const [at, bundle] of (contributes.bundles ?? []).entries()) {
    const { id, entry, source, styles = [] } = bundle
    const found = source === undefined ? undefined : builtFrom(source, bundle, at, context)
    if (found !== undefined && 'code' in found) problems.push(found)
    else if (found !== undefined)
      bundles.push({ id, ...found, styles: [...found.styles, ...styles].filter(isThere) })
    else if (entry !== undefined && isThere(entry))
      bundles.push({ id, ...plain(entry), styles: styles.filter(isThere), preload: [] })
  }
  const pages = new Set((contributes.slots ?? []).flatMap(({ entry }) => entry ?? []).filter(isThere))
  for (const page of pages) bundles.push({ id: page, page, script: null, styles: [], preload: [] })
  return { bundles, problems }
}

function plain(entry: string): Pick<BundleIndex, 'page' | 'script'> {
  const isPage = isPageType(mediaTypeOf(entry).type)
  return { page: isPage ? entry : null, script: isPage ? null : entry }
}

function builtFrom(
  source: string,
  { id }: Bundle,
  at: number,
  { build, viteManifest }: BundleContext,
): Omit<BundleIndex, 'id'> | Problem | undefined {
  if (build === 'refused') return undefined
  const problem = (message: string, hint: string): Problem => ({
    code: 'BUNDLE_NOT_BUILT',
    message: `The bundle "${id}" was not built: ${message}`,
    hint,
    file: 'manifest.json',
    pointer: `/contributes/bundles/${at}/source`,
  })
  if (build === undefined)
    return problem(
      `the package has no manifest of Vite at "${viteManifest}"`,
      'Set build.manifest: true in vite.config, build, and pack the whole output folder',
    )
  const found = build.entryOf(source)
  if (found === undefined) {
    const meant = didYouMean(source, build.sources)
    return problem(
      `Vite's manifest has no entry "${source}"`,
      meant === undefined
        ? 'Add it to build.rolldownOptions.input (rollupOptions before Vite 8) in vite.config, and build again'
        : `Did you mean "${meant}"?`,
    )
  }
  if ('missing' in found)
    return problem(
      `Vite's manifest names "${found.missing}", which is not in the frontend folder`,
      'Build again and pack the whole output folder',
    )
  const { entry, css, preload } = found
  if (mediaTypeOf(entry).type.startsWith('text/javascript'))
    return { page: null, script: entry, styles: css, preload }
  return problem(`"${entry}" is not a module`, 'Name the entry of a module')
}
