// Answers common to all pages: errors and redirects.
// Invariant: an error reveals nothing beyond the table of errors.

import { SIGNED_OUT } from '../../../sdk/client/shell-messages.ts'
import { type ErrorCode, PlugbayError } from '../../errors.ts'
import type { Answer } from '../exchange/answer.ts'
import type { Exchange } from '../exchange/exchange.ts'
import { headerOf } from '../exchange/headers.ts'
import { problemDocument } from '../server/problem.ts'

/** In the documents that the runtime makes at a plugin's address: browsers ask for /favicon.ico otherwise, and report that there is none. */
export const NO_ICON = '<link rel="icon" href="data:,">'

type Asked = Pick<Exchange, 'request' | 'mount'>

/** Texts for visitors, for codes whose text in the table is meant for API clients. */
const WORDS: Partial<Record<ErrorCode, readonly [title: string, text: string]>> = {
  NOT_FOUND: ['There is nothing here', 'Check the address, or go back to the page you came from.'],
  UNAUTHENTICATED: [
    'Sign in first',
    'This page is for people who have signed in. Sign in, and open it again.',
  ],
  GUEST_BUSY: ['Too many visitors at once', 'Try again in a moment.'],
  FORBIDDEN: ['You may not see this page', 'Ask an administrator for the permission that it needs.'],
}

/** It says nothing that its address does not, so any window may hear it. */
const TELL_SHELL = `<script>if (parent !== self) parent.postMessage(${JSON.stringify(SIGNED_OUT)}, '*')</script>\n`

/**
 * A small page for browsers, problem+json for everyone else.
 * @param fixed the plugin headers
 */
export function errorAnswer(code: ErrorCode, asked: Asked, fixed: readonly string[]): Answer {
  const { request, mount } = asked
  const error = new PlugbayError(code)
  const asPage = (headerOf(request, 'accept') ?? '').includes('text/html')
  const body = asPage
    ? errorPage(code, error)
    : JSON.stringify(problemDocument(error, { detailed: false, shell: mount.shell }))
  const headers = [
    ...fixed,
    'content-type',
    asPage ? 'text/html; charset=utf-8' : 'application/problem+json; charset=utf-8',
    'cache-control',
    'no-store',
    'cross-origin-resource-policy',
    'cross-origin',
    'access-control-allow-origin',
    '*',
    'vary',
    'Accept',
  ]
  if (code === 'UNAUTHENTICATED') headers.push('www-authenticate', 'Bearer realm="plugbay"')
  if (code === 'METHOD_NOT_ALLOWED') headers.push('allow', 'GET, HEAD')
  if (code === 'PLUGIN_UNAVAILABLE') headers.push('retry-after', '1')
  return {
    status: error.row.status,
    headers,
    body: request.method === 'HEAD' ? null : body,
    refusal: { code },
  }
}

/** The answer to a request that got no place. */
export function busyAnswer(retryAfterMs: number, asked: Asked, fixed: readonly string[]): Answer {
  const answer = errorAnswer('GUEST_BUSY', asked, fixed)
  answer.headers.push('retry-after', String(Math.max(1, Math.ceil(retryAfterMs / 1000))))
  return answer
}

/** `location` is a path of this origin or a URL that the runtime made. */
export function redirectAnswer(status: 302 | 307 | 308, location: string, fixed: readonly string[]): Answer {
  return { status, headers: [...fixed, 'location', location, 'cache-control', 'no-store'], body: null }
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

function errorPage(code: ErrorCode, error: PlugbayError): string {
  const [title, text] = WORDS[code] ?? [error.row.title, `${error.row.hint}.`]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${NO_ICON}
<title>${escapeHtml(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto 0; padding: 0 1rem; color-scheme: light dark }
h1 { font-size: 1.4rem }
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
${code === 'UNAUTHENTICATED' ? TELL_SHELL : ''}</body>
</html>
`
}
