// The answer for one asset as it is stored: validators, copies, parts, caching, types.
// Invariant: the bytes sent are exactly those that the ETag names.

import type { ServedArtifact } from '../../contributions/live-plugin.ts'
import type { AssetEntry, Bytes, Reading } from '../../package/artifact.ts'
import { chooseCoding, chooseRange, isUnchanged } from './negotiation.ts'
import type { HeaderReader, PageAnswer } from './page-answer.ts'

const FOR_EVER = 'public, max-age=31536000, immutable'

/** Assets are public, and pages of an opaque origin are a foreign origin to us. */
export const PUBLIC_HEADERS = {
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
} as const

export interface AssetRequest {
  readonly method: string
  readonly headers: HeaderReader
  readonly use: 'own' | 'shared'
  /** Whether what has a hash in its name is kept without asking. */
  readonly mayKeep: boolean
  /** Headers of the plugin's prefix. */
  readonly security: Readonly<Record<string, string>>
}

/** GET or HEAD of an asset. Rejects with PLUGIN_UNAVAILABLE when the artifact was closed before. */
export function assetAnswer(
  artifact: ServedArtifact,
  asset: AssetEntry,
  request: AssetRequest,
): PageAnswer | Promise<PageAnswer> {
  const variant = asset.variants[request.use]
  const range = request.method === 'GET' ? request.headers.get('range') : null
  const wanted =
    range === null
      ? ({ kind: 'whole' } as const)
      : chooseRange({ range, ifRange: request.headers.get('if-range') }, variant.identity)
  const coding =
    wanted.kind === 'whole' ? chooseCoding(request.headers.get('accept-encoding'), variant) : 'identity'
  const part = (coding === 'identity' ? null : variant[coding]) ?? variant.identity

  const headers: Record<string, string> = {
    ...request.security,
    etag: part.etag,
    'cache-control': asset.immutable && request.mayKeep ? FOR_EVER : 'no-cache',
    ...PUBLIC_HEADERS,
  }
  if (variant.gzip !== null || variant.br !== null) headers.vary = 'Accept-Encoding'
  if (isUnchanged(request.headers.get('if-none-match'), part.etag))
    return { status: 304, headers, body: null }

  headers['content-type'] = asset.type
  headers['accept-ranges'] = 'bytes'
  if (asset.attachment) headers['content-disposition'] = 'attachment'
  if (wanted.kind === 'unsatisfiable') {
    headers['content-range'] = `bytes */${part.size}`
    return { status: 416, headers: withoutContent(headers), body: null }
  }
  if (coding !== 'identity') headers['content-encoding'] = coding
  if (wanted.kind === 'whole') {
    headers['content-length'] = String(part.size)
    return request.method === 'HEAD'
      ? { status: 200, headers, body: null }
      : withBody(200, headers, artifact.read(part))
  }
  headers['content-range'] = `bytes ${wanted.start}-${wanted.end - 1}/${part.size}`
  headers['content-length'] = String(wanted.end - wanted.start)
  return withBody(206, headers, artifact.read(part, { start: wanted.start, end: wanted.end }))
}

function withBody(
  status: number,
  headers: Readonly<Record<string, string>>,
  reading: Reading,
): PageAnswer | Promise<PageAnswer> {
  if (reading instanceof Promise) return reading.then((body: Bytes) => ({ status, headers, body }))
  return { status, headers, body: reading }
}

function withoutContent(headers: Record<string, string>): Readonly<Record<string, string>> {
  const { 'content-type': _type, 'content-disposition': _disposition, etag: _etag, ...rest } = headers
  return { ...rest, 'cache-control': 'no-store' }
}
