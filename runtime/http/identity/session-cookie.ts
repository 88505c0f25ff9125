// The cookie that holds the secret of a browser session.
// Invariant: on https only the `__Host-` name counts, so that no other host and no plain http page can plant one.

import { parse, serialize } from 'hono/utils/cookie'
import { type SourceConfig, sourceOf } from '../server/request-source.ts'

const NAME = 'plugbay-session'
const SECURE_NAME = `__Host-${NAME}`

/** Both names, for code that keeps the cookie from plugins. */
export const SESSION_COOKIE_NAMES: readonly string[] = [NAME, SECURE_NAME]

/** Browser sessions end after a week. */
export const SESSION_TTL_MS = 7 * 24 * 3_600_000

export function readSessionCookie(request: Request, config: SourceConfig): string | undefined {
  const header = request.headers.get('cookie')
  if (header === null) return undefined
  const name = isSecure(request, config) ? SECURE_NAME : NAME
  const value = parse(header, name)[name]
  return value === '' ? undefined : value
}

/** The value of a Set-Cookie header; an empty secret deletes the cookie. */
export function sessionCookie(request: Request, config: SourceConfig, secret: string): string {
  const maxAge = secret === '' ? 0 : SESSION_TTL_MS / 1000
  const options = { httpOnly: true, sameSite: 'Strict', path: '/', maxAge } as const
  return isSecure(request, config)
    ? serialize(SECURE_NAME, secret, { ...options, secure: true })
    : serialize(NAME, secret, options)
}

function isSecure(request: Request, config: SourceConfig): boolean {
  return sourceOf(request, config)?.scheme === 'https'
}
