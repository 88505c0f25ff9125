// The response for one asset as it is stored: validators, copies, parts, caching, types.
// Invariant: the bytes sent are exactly those that the ETag names.

import type { ServedArtifact } from '../../contributions/live-plugin.ts'
import type { AssetEntry, Reading, Representation } from '../../package/artifact.ts'
import { ByteSource } from '../../package/byte-source.ts'
import type { Answer } from '../exchange/answer.ts'
import type { PluginRequest } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import { chooseCoding, chooseRange, isUnchanged } from './negotiation.ts'

const FOR_EVER = 'public, max-age=31536000, immutable'

/** Assets are public, and pages of an opaque origin are foreign to our origin. */
export const PUBLIC_HEADERS: readonly string[] = [
  'access-control-allow-origin',
  '*',
  'cross-origin-resource-policy',
  'cross-origin',
]

export interface AssetUse {
  /** On an origin of its own, or sandboxed on ours. */
  readonly use: 'own' | 'shared'
  /** Whether browsers keep files with a hash in their name without revalidation. */
  readonly mayKeep: boolean
  /** The plugin headers. */
  readonly fixed: readonly string[]
}

/** GET or HEAD of an asset. Rejects with PLUGIN_UNAVAILABLE when the artifact has been closed. */
export function assetAnswer(
  request: PluginRequest,
  { artifact, asset }: { readonly artifact: ServedArtifact; readonly asset: AssetEntry },
  { use, mayKeep, fixed }: AssetUse,
): Answer | Promise<Answer> {
  const variant = asset.variants[use]
  const range = request.method === 'GET' ? headerOf(request, 'range') : undefined
  const wanted = chooseRange({ range, ifRange: headerOf(request, 'if-range') }, variant.identity)
  const coding =
    wanted.kind === 'whole' ? chooseCoding(headerOf(request, 'accept-encoding'), variant) : 'identity'
  const part = (coding === 'identity' ? null : variant[coding]) ?? variant.identity
  const vary = variant.gzip === null && variant.br === null ? [] : ['vary', 'Accept-Encoding']

  if (isUnchanged(headerOf(request, 'if-none-match'), part.etag)) {
    const headers = [...fixed, ...validators(asset, part, mayKeep), ...PUBLIC_HEADERS, ...vary]
    return { status: 304, headers, body: null }
  }
  if (wanted.kind === 'unsatisfiable') {
    const headers = [...fixed, 'cache-control', 'no-store', ...PUBLIC_HEADERS, ...vary]
    headers.push('accept-ranges', 'bytes', 'content-range', `bytes */${part.size}`)
    return { status: 416, headers, body: null }
  }
  const headers = [...fixed, ...validators(asset, part, mayKeep), ...PUBLIC_HEADERS, ...vary]
  headers.push('content-type', asset.type, 'accept-ranges', 'bytes')
  if (asset.attachment) headers.push('content-disposition', 'attachment')
  if (coding !== 'identity') headers.push('content-encoding', coding)
  if (wanted.kind === 'part') {
    const { start, end } = wanted
    headers.push('content-range', `bytes ${start}-${end - 1}/${part.size}`)
    return withBody({ status: 206, headers, length: end - start }, artifact.read(part, { start, end }))
  }
  const head = { status: 200, headers, length: part.size }
  return withBody(head, request.method === 'HEAD' ? null : artifact.read(part))
}

function validators(asset: AssetEntry, part: Representation, mayKeep: boolean): readonly string[] {
  return ['etag', part.etag, 'cache-control', asset.immutable && mayKeep ? FOR_EVER : 'no-cache']
}

interface Head {
  readonly status: number
  readonly headers: string[]
  readonly length: number
}

/** The length is the body's, or what it would be for HEAD. */
export function withBody(head: Head, reading: Reading | null): Answer | Promise<Answer> {
  const { status, headers, length } = head
  if (reading instanceof Promise) return reading.then((body) => ({ status, headers, body }))
  // The sink knows the length of a whole body.
  if (reading === null || reading instanceof ByteSource) headers.push('content-length', String(length))
  return { status, headers, body: reading }
}
