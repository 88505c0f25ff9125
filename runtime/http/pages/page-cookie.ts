// The cookie that remembers, on a plugin's own origin, who was let in by a ticket.
// Invariant: it is host-only and holds a page token of this plugin; it is never set on our own origin.

import { parse, serialize } from 'hono/utils/cookie'

export const PAGE_COOKIE = 'plugbay-page'

const MAX_AGE_SECONDS = 600

/** The value of a Set-Cookie header. */
export function pageCookie(token: string, options: { readonly secure: boolean }): string {
  return serialize(PAGE_COOKIE, token, {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    maxAge: MAX_AGE_SECONDS,
    secure: options.secure,
  })
}

/** The page token in a Cookie header. */
export function readPageCookie(cookieHeader: string | null): string | undefined {
  if (cookieHeader === null || !cookieHeader.includes(PAGE_COOKIE)) return undefined
  const value = parse(cookieHeader, PAGE_COOKIE)[PAGE_COOKIE]
  return value === '' ? undefined : value
}
