// The cookie that identifies, on a plugin's own origin, a visitor admitted by a ticket.
// Invariant: it is host-only and holds a page token of this plugin; it is never set on our own origin.

import { parse, serialize } from 'hono/utils/cookie'

const NAME = 'plugbay-page'
// Plugins are neighbours below one plugin domain: this prefix keeps a cookie that one of them plants from counting.
const SECURE_NAME = `__Host-${NAME}`

const MAX_AGE_SECONDS = 600

/** Both names, for code that keeps the cookie from plugins. */
export const PAGE_COOKIE_NAMES: readonly string[] = [NAME, SECURE_NAME]

/** The value of a Set-Cookie header. `secure`: the page is on https. */
export function pageCookie(token: string, options: { readonly secure: boolean }): string {
  const { secure } = options
  return serialize(secure ? SECURE_NAME : NAME, token, {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    maxAge: MAX_AGE_SECONDS,
    secure,
  })
}

/** The page token in a Cookie header, by the one name that counts for the scheme. */
export function readPageCookie(
  cookieHeader: string | undefined,
  { secure }: { readonly secure: boolean },
): string | undefined {
  if (cookieHeader === undefined || !cookieHeader.includes(NAME)) return undefined
  const name = secure ? SECURE_NAME : NAME
  const value = parse(cookieHeader, name)[name]
  return value === '' ? undefined : value
}
