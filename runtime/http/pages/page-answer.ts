// An answer as plain data, and the few that every page can give: errors and redirects.
// Invariant: an error says nothing that the table of errors does not say to everyone.

import { type ErrorCode, PlugbayError } from '../../errors.ts'
import type { Bytes } from '../../package/artifact.ts'
import { problemDocument } from '../server/problem.ts'

export interface PageAnswer {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** null for HEAD, 204 and 304. */
  readonly body: string | Bytes | ReadableStream<Bytes> | null
}

export interface HeaderReader {
  get(name: string): string | null
}

/** What a visitor is told where the table's words are for programs. */
const WORDS: Partial<Record<ErrorCode, readonly [title: string, text: string]>> = {
  NOT_FOUND: ['There is nothing here', 'Check the address, or go back to the page you came from.'],
  UNAUTHENTICATED: [
    'Sign in first',
    'This page is for people who have signed in. Open it from the administration page; its address works only once.',
  ],
  FORBIDDEN: ['You may not see this page', 'Ask an administrator for the permission that it needs.'],
}

export interface ErrorRequest {
  readonly method: string
  readonly headers: HeaderReader
}

/** A small page for browsers, problem+json for everyone else. `security` are the headers of the plugin's prefix. */
export function errorAnswer(
  code: ErrorCode,
  request: ErrorRequest,
  security: Readonly<Record<string, string>>,
): PageAnswer {
  const error = new PlugbayError(code)
  const asPage = (request.headers.get('accept') ?? '').includes('text/html')
  const body = asPage ? errorPage(code, error) : JSON.stringify(problemDocument(error, { detailed: false }))
  const headers: Record<string, string> = {
    ...security,
    'content-type': asPage ? 'text/html; charset=utf-8' : 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'cross-origin',
    'access-control-allow-origin': '*',
    vary: 'Accept',
  }
  if (code === 'UNAUTHENTICATED') headers['www-authenticate'] = 'Bearer realm="plugbay"'
  if (code === 'METHOD_NOT_ALLOWED') headers.allow = 'GET, HEAD'
  return { status: error.row.status, headers, body: request.method === 'HEAD' ? null : body }
}

/** `location` is a path of this origin or an address that we made. */
export function redirectAnswer(
  status: 302 | 308,
  location: string,
  security: Readonly<Record<string, string>>,
): PageAnswer {
  return { status, headers: { ...security, location, 'cache-control': 'no-store' }, body: null }
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
<title>${escapeHtml(title)}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 32rem; margin: 20vh auto 0; padding: 0 1rem; color-scheme: light dark }
h1 { font-size: 1.4rem }
</style>
</head>
<body>
<h1>${escapeHtml(title)}</h1>
<p>${escapeHtml(text)}</p>
</body>
</html>
`
}
