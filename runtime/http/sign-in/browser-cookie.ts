// The cookie of a browser in which a user has signed in before. It admits to nothing: it only spares its browser the limits of
// strangers (attempt-budget.ts).

import { type CookieConfig, ownCookie } from '../identity/own-cookie.ts'

const COOKIE = ownCookie('plugbay-browser', { maxAgeSeconds: 365 * 24 * 3600 })

/** All names, for code that keeps the cookie from plugins. */
export const BROWSER_COOKIE_NAMES: readonly string[] = COOKIE.names

export function readBrowserCookie(request: Request, config: CookieConfig): string | undefined {
  const value = COOKIE.read(request, config)
  return value !== undefined && /^[\w-]{43}$/.test(value) ? value : undefined
}

/** The value of a Set-Cookie header. */
export function browserCookie(request: Request, config: CookieConfig, secret: string): string {
  return COOKIE.write(request, config, secret)
}
