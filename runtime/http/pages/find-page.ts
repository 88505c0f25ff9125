// Resolves an address to an asset: a file, the index of a folder, or the fallback for client-side routes.

import type { ServedArtifact } from '../../contributions/live-plugin.ts'
import type { AssetEntry } from '../../package/artifact.ts'
import type { PluginRequest } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'

export interface FoundAsset {
  readonly asset: AssetEntry
  /** The fallback page, for an address without an asset. */
  readonly fallback: boolean
}

/** @param name see assetName(): "" is the mount itself */
export function findAsset(
  artifact: ServedArtifact,
  name: string,
  request: PluginRequest,
): FoundAsset | undefined {
  const { frontend } = artifact
  if (frontend === null) return undefined
  const wanted = name === '' ? frontend.index : name.endsWith('/') ? `${name}index.html` : name
  const asset = wanted === null ? undefined : artifact.asset(wanted)
  if (asset !== undefined) return { asset, fallback: false }
  if (frontend.fallback === null || !isNavigation(request) || isFolder(artifact, name)) return undefined
  const fallback = artifact.asset(frontend.fallback)
  return fallback === undefined ? undefined : { asset: fallback, fallback: true }
}

/** Whether the URL with a trailing slash is a page. */
export function isFolder(artifact: ServedArtifact, name: string): boolean {
  return artifact.asset(`${name}/index.html`) !== undefined
}

/** Whether this is a navigation, not the request of a page for a resource. */
export function isNavigation(request: PluginRequest): boolean {
  const mode = headerOf(request, 'sec-fetch-mode')
  if (mode !== undefined) return mode === 'navigate'
  return (headerOf(request, 'accept') ?? '').includes('text/html')
}
