// Inserts the runtime's own tags into a plugin's page, at the position that the package check found.
// Invariant: no HTML is parsed here; the bytes of the page stay as they are around the inserted tags.

import type { Bytes, Variant } from '../../package/artifact.ts'
import { escapeHtml } from './error-page.ts'

export interface PageTags {
  /** For a page shown at another URL than its own: the base of its relative references. */
  readonly base: string | null
  readonly token: string | null
  /** URL of the development client script. */
  readonly client: string | null
}

/** The tags for this page; empty when there is nothing to add. */
export function tagsFor(variant: Variant, tags: PageTags): string {
  if (variant.head === null) return ''
  const parts: string[] = []
  if (tags.base !== null && variant.base !== 'other') parts.push(`<base href="${escapeHtml(tags.base)}">`)
  if (tags.token !== null) parts.push(`<meta name="plugbay-token" content="${escapeHtml(tags.token)}">`)
  if (tags.client !== null) parts.push(`<script src="${escapeHtml(tags.client)}"></script>`)
  return parts.join('')
}

export function insertTags(page: Bytes, head: number, tags: string): Bytes {
  const bytes = Buffer.concat([page.subarray(0, head), Buffer.from(tags, 'utf8'), page.subarray(head)])
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * A page that only navigates to `path`. A redirect would not do: browsers withhold a SameSite=Strict cookie from the whole
 * navigation that another site began, and send it when our own page begins the next one.
 */
export function bouncePage(path: string): string {
  const address = escapeHtml(path)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0;url=${address}">
<title>One moment</title>
</head>
<body><p><a href="${address}">Go on</a></p></body>
</html>
`
}
