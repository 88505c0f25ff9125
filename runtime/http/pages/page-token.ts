// Page tokens: they authenticate a plugin's page to the plugin's API, because a page of an opaque origin sends no cookies.
// Invariant: a token is valid for one plugin and one user, for ten minutes; a chain of renewals ends after twelve hours.

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Principal } from '../../permissions/principal.ts'

const LIFETIME_MS = 600_000
const MAX_SESSION_MS = 12 * 3_600_000

export interface PageTokenOptions {
  /** At least 32 random bytes, constant as long as tokens must stay valid. */
  readonly secret: Uint8Array | string
  readonly now?: () => number
}

export interface PageTokens {
  issue(claim: { readonly pluginId: string; readonly user: Principal }): string
  /** The user, if the token is genuine, for this plugin and not expired. */
  verify(token: string, pluginId: string): Principal | undefined
  /** A new token for a valid one; undefined for an invalid one, or after the page has been open for twelve hours. */
  renew(token: string, pluginId: string): string | undefined
}

interface Claim {
  readonly pluginId: string
  readonly user: Principal
  /** When the first token of the chain was issued, ms. */
  readonly since: number
  readonly until: number
}

export function createPageTokens(options: PageTokenOptions): PageTokens {
  const { secret, now = Date.now } = options
  const sign = (payload: string): Buffer =>
    createHmac('sha256', secret).update(`plugbay-page.${payload}`).digest()
  const write = (claim: Claim): string => {
    const payload = Buffer.from(JSON.stringify(claim)).toString('base64url')
    return `${payload}.${sign(payload).toString('base64url')}`
  }
  const read = (token: string, pluginId: string): Claim | undefined => {
    const dot = token.indexOf('.')
    const payload = token.slice(0, dot)
    const signature = Buffer.from(token.slice(dot + 1), 'base64url')
    const expected = sign(payload)
    if (dot < 1 || signature.length !== expected.length || !timingSafeEqual(signature, expected))
      return undefined
    // Only the runtime can have signed it, so it has the shape that was written.
    const claim: Claim = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    return claim.pluginId === pluginId && claim.until > now() ? claim : undefined
  }
  return {
    issue({ pluginId, user }) {
      const { name, permissions, kind } = user
      return write({ pluginId, user: { name, permissions, kind }, since: now(), until: now() + LIFETIME_MS })
    },
    verify: (token, pluginId) => read(token, pluginId)?.user,
    renew(token, pluginId) {
      const claim = read(token, pluginId)
      if (claim === undefined || now() - claim.since > MAX_SESSION_MS) return undefined
      return write({ ...claim, until: now() + LIFETIME_MS })
    },
  }
}
