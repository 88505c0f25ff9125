// The cookie of a sign-in at the provider: apart, for code that keeps it from plugins.

import { ownCookie } from '../../identity/own-cookie.ts'

export const LIFETIME_MS = 600_000

/** Lax: the provider's redirect brings it back. */
export const TRANSACTION_COOKIE = ownCookie('plugbay-sign-in', {
  maxAgeSeconds: LIFETIME_MS / 1000,
  sameSite: 'Lax',
})

export const TRANSACTION_COOKIE_NAMES: readonly string[] = TRANSACTION_COOKIE.names
