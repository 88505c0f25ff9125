// One-time codes that sign in to the admin page, so that no token is ever part of a URL.
// Invariant: a code works once, for ten minutes; only its hash is kept.

import { createHash, randomBytes } from 'node:crypto'

export const CODE_LIFETIME_MS = 600_000
const MAX_CODES = 100

export interface SignInCodes {
  /**
   * @param tokenId the token of the session (its id, not its secret)
   * @returns 192 random bits, base64url
   */
  issue(tokenId: string): string
  /** The token that the code was issued for; undefined for an unknown, used or expired code. */
  redeem(code: string): string | undefined
}

export function createSignInCodes(now: () => number = Date.now): SignInCodes {
  const codes = new Map<string, { readonly tokenId: string; readonly until: number }>()
  return {
    issue(tokenId) {
      for (const [hash, each] of codes) {
        if (each.until <= now() || codes.size >= MAX_CODES) codes.delete(hash)
      }
      const code = randomBytes(24).toString('base64url')
      codes.set(hashOf(code), { tokenId, until: now() + CODE_LIFETIME_MS })
      return code
    },
    redeem(code) {
      const hash = hashOf(code)
      const found = codes.get(hash)
      codes.delete(hash)
      return found !== undefined && found.until > now() ? found.tokenId : undefined
    },
  }
}

function hashOf(code: string): string {
  return createHash('sha256').update(code).digest('hex')
}
