// A bundle as pages of the application get it: the addresses of its parts, with the hashes of the release that serves.

import type * as api from '../../sdk/api/bundles.ts'
import type { Bundle } from '../contributions/bundles.ts'
import type { ServingPlugin } from '../contributions/live-plugin.ts'
import type { AssetEntry } from '../package/artifact.ts'

export interface ViewOptions {
  /** Path of the runtime in an application: "" or "/apps". */
  readonly basePath: string
  readonly language: string
  readonly title: string
  /** The slot where it is placed. */
  readonly slot: string | null
}

/** Below the mount of a plugin. */
export const BUNDLE_PATHS = {
  document: '/.plugbay/bundle',
  context: '/.plugbay/bundle-context',
  script: '/.plugbay/bundle-frame.js',
} as const

export function bundleView(
  plugin: ServingPlugin,
  bundle: Bundle,
  { basePath, language, title, slot }: ViewOptions,
): api.Bundle {
  const root = `${basePath}/plugins/${plugin.id}/`
  const fileOf = (path: string): readonly api.BundleFile[] => {
    const asset = plugin.artifact.asset(path)
    return asset === undefined ? [] : [viewOf(asset, root, plugin.artifact.sha256)]
  }
  const question = new URLSearchParams({ id: bundle.id, language, ...(slot !== null && { slot }) })
  // Below a language, so that requests of the frame to its backend are in it too: a sandboxed page has no cookie that says it.
  const isTranslated = plugin.manifest.contributes?.pages?.translated === true
  const prefix = isTranslated ? `${basePath}/${language}/plugins/${plugin.id}` : root.slice(0, -1)
  const isFrame = bundle.as === 'frame'
  return {
    plugin: plugin.id,
    id: bundle.id,
    title,
    as: bundle.as,
    frame: isFrame ? `${prefix}${BUNDLE_PATHS.document}?${question}` : null,
    context: isFrame ? null : `${prefix}${BUNDLE_PATHS.context}?${question}`,
    root: `${prefix}/`,
    entry: (bundle.script === null ? [] : fileOf(bundle.script))[0] ?? null,
    styles: bundle.styles.flatMap(fileOf),
    preload: bundle.preload.flatMap(fileOf),
  }
}

/**
 * Browsers keep a module by its address for as long as the page is open: without a hash in its name, the address has that of the release.
 * One with a hash must stay as it is, because chunks of a build import it by this name.
 */
function viewOf({ path, immutable, variants }: AssetEntry, root: string, release: string): api.BundleFile {
  const name = path.split('/').map(encodeURIComponent).join('/')
  const { sha256 } = variants.shared.identity
  return {
    url: `${root}${name}${immutable ? '' : `?v=${release.slice(0, 16)}`}`,
    integrity: `sha256-${Buffer.from(sha256, 'hex').toString('base64')}`,
  }
}
