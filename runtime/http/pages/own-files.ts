// Files of the runtime that pages of plugins load from the plugin's own path, since their policy allows no other: the script of a framed
// page, and the style sheet that makes a page look like the shell.
// Invariant: they are the same for everyone, and hold nothing of a plugin.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { BrowserScript, BrowserScripts } from '../../bundles/browser-scripts.ts'
import { codeRoot } from '../../bundles/code-root.ts'
import type { Answer } from '../exchange/answer.ts'
import type { PluginRequest } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import { PUBLIC_HEADERS } from './asset-answer.ts'
import { isUnchanged } from './negotiation.ts'

/** Below the plugin's path. */
export const OWN_FILES = { script: '/.plugbay/page.js', style: '/.plugbay/style.css' } as const

const STYLE = 'sdk/client/style.css'

export type OwnFiles = (path: string, request: PluginRequest) => Answer | undefined

/** Undefined for another path; `path` is below `.plugbay`. Read at the first use. */
export function createOwnFiles(scripts: BrowserScripts): OwnFiles {
  let style: BrowserScript | undefined
  return (path, request) => {
    const whole = `/.plugbay${path}`
    if (whole === OWN_FILES.script) return ownFileAnswer(scripts('page-frame'), 'text/javascript', request)
    if (whole !== OWN_FILES.style) return undefined
    style ??= readStyle()
    return ownFileAnswer(style, 'text/css', request)
  }
}

/** Without the plugin headers. */
export function ownFileAnswer(
  { code, gzip, etag }: BrowserScript,
  type: 'text/javascript' | 'text/css',
  request: PluginRequest,
): Answer {
  const headers = ['etag', etag, 'cache-control', 'no-cache', 'vary', 'accept-encoding', ...PUBLIC_HEADERS]
  if (isUnchanged(headerOf(request, 'if-none-match'), etag)) return { status: 304, headers, body: null }
  headers.push('content-type', `${type}; charset=utf-8`)
  const isSmall = /\bgzip\b/.test(headerOf(request, 'accept-encoding') ?? '')
  if (isSmall) headers.push('content-encoding', 'gzip')
  return { status: 200, headers, body: request.method === 'HEAD' ? null : isSmall ? gzip : code }
}

function readStyle(): BrowserScript {
  const code = new Uint8Array(readFileSync(join(codeRoot(), STYLE)))
  const etag = `"${createHash('sha256').update(code).digest('base64url').slice(0, 22)}"`
  return { code, gzip: new Uint8Array(gzipSync(code)), etag }
}
