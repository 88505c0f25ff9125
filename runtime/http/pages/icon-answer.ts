// `/plugins/<id>/.plugbay/icon`: the icon of the release that serves, for pages of ours that name the plugin.
// Invariant: who may not visit the plugin does not see it, unless it is an asset.

import type { ServingPlugin } from '../../contributions/live-plugin.ts'
import { partOf } from '../../package/assets.ts'
import { iconEntry } from '../../package/icon.ts'
import { mayAccess } from '../../permissions/access.ts'
import type { Answer } from '../exchange/answer.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import { withBody } from './asset-answer.ts'
import { isUnchanged } from './negotiation.ts'

/** Below `.plugbay`. */
export const ICON = '/icon'

/** Its path for pages of ours; undefined for a plugin without one. */
export function iconPath({ id, manifest, artifact }: ServingPlugin, plugins: string): string | undefined {
  return iconEntry(manifest, artifact.entries) && `${plugins}${id}/.plugbay${ICON}`
}

/** Undefined where there is none for this visitor. */
export function iconAnswer(
  { request, user }: Pick<Exchange, 'request' | 'user'>,
  { access, manifest, artifact }: ServingPlugin,
): Answer | Promise<Answer> | undefined {
  if ((request.method !== 'GET' && request.method !== 'HEAD') || !mayAccess(access, user)) return undefined
  const entry = iconEntry(manifest, artifact.entries)
  if (entry === undefined) return undefined
  const part = partOf(entry)
  const headers = ['etag', part.etag, 'cache-control', 'private, no-cache']
  headers.push('cross-origin-resource-policy', 'same-origin')
  if (isUnchanged(headerOf(request, 'if-none-match'), part.etag)) return { status: 304, headers, body: null }
  headers.push('content-type', entry.type)
  const head = { status: 200, headers, length: part.size }
  return withBody(head, request.method === 'HEAD' ? null : artifact.read(part))
}
