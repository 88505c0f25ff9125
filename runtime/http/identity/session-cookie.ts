// The cookie that holds the secret of a browser session.

import { type CookieConfig, ownCookie } from './own-cookie.ts'

export type SessionConfig = CookieConfig

/** Browser sessions end after a week. */
export const SESSION_TTL_MS = 7 * 24 * 3_600_000

const COOKIE = ownCookie('plugbay-session', { maxAgeSeconds: SESSION_TTL_MS / 1000 })

/** All names, for code that keeps the cookie from plugins. */
export const SESSION_COOKIE_NAMES: readonly string[] = COOKIE.names

export function readSessionCookie(request: Request, config: SessionConfig): string | undefined {
  return COOKIE.read(request, config)
}

/** The value of a Set-Cookie header; an empty secret deletes the cookie. */
export function sessionCookie(request: Request, config: SessionConfig, secret: string): string {
  return COOKIE.write(request, config, secret)
}
