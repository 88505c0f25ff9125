// Begins a browser session of a user.
// Invariant: it is always a new one, and the one before it in this browser has ended: no attacker can have planted it.

import type { Account } from '../../../plugin-store/accounts.ts'
import { readSessionCookie, SESSION_TTL_MS, sessionCookie } from '../identity/session-cookie.ts'
import { clientAddress } from '../server/request-source.ts'
import { browserCookie, readBrowserCookie } from './browser-cookie.ts'
import type { SignInParts, Visit } from './services.ts'

type SetCookies = readonly (readonly [string, string])[]

/** @returns headers. Rejects with UNAUTHENTICATED when the account has changed since it was read. */
export async function beginSession(
  account: Account,
  { request, peer, by }: Pick<Visit, 'request' | 'peer'> & { readonly by: string },
  { store, config }: SignInParts,
): Promise<SetCookies> {
  const { principals } = store
  const address = clientAddress(request, peer, config)
  const before = readSessionCookie(request, config)
  if (before !== undefined) await principals.removeSession(before)
  const detail = { by, name: account.name, address }
  const session = await principals.addUserSession(account, { ttlMs: SESSION_TTL_MS, detail })
  const browser = await principals.trustBrowser(account.id, readBrowserCookie(request, config))
  return [
    ['set-cookie', sessionCookie(request, config, session)],
    ['set-cookie', browserCookie(request, config, browser)],
  ]
}

export async function endSession(request: Request, { store, config }: SignInParts): Promise<SetCookies> {
  const secret = readSessionCookie(request, config)
  if (secret !== undefined) await store.principals.removeSession(secret)
  return [['set-cookie', sessionCookie(request, config, '')]]
}
