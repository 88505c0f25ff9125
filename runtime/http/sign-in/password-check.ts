// Finds the user of a name and a password.
// Invariant: an answer tells nothing of whether the name exists, is disabled or has a password, and takes the same work.

import type { Account } from '../../../plugin-store/accounts.ts'
import { PlugbayError } from '../../errors.ts'
import { networkOf } from '../identity/failed-attempts.ts'
import { RetryLater } from '../server/problem.ts'
import { clientAddress } from '../server/request-source.ts'
import { readBrowserCookie } from './browser-cookie.ts'
import type { Lane } from './password-queue.ts'
import { MAX_PASSWORD } from './password-rules.ts'
import type { SignInParts, Visit } from './services.ts'

type PasswordParts = Pick<SignInParts, 'store' | 'config' | 'budget' | 'queue' | 'journal' | 'passwords'>

const MAX_NAME = 100

interface Credential {
  readonly name: string
  readonly password: string
}

/** @throws PlugbayError UNAUTHENTICATED; RetryLater TOO_MANY_ATTEMPTS */
export async function accountFor(
  { name: given, password }: Credential,
  { request, peer }: Pick<Visit, 'request' | 'peer'>,
  parts: PasswordParts,
): Promise<Account> {
  const { store, config, budget, queue, journal, passwords } = parts
  const name = given.trim().normalize('NFKC').toLowerCase().slice(0, MAX_NAME)
  const address = clientAddress(request, peer, config)
  const cookie = readBrowserCookie(request, config)
  const account = await store.principals.accountNamed(name)
  const isKnown = await store.principals.knowsBrowser(cookie ?? '', account?.id ?? '')
  const refused = (reason: string) =>
    journal.record({ by: 'password', reason, address, user: account ?? null })
  try {
    const giveBack = budget.take({ name, address, browser: isKnown ? cookie : undefined })
    const lane: Lane = isKnown ? 'known' : 'stranger'
    const source = isKnown && account !== undefined ? account.id : networkOf(address)
    const isRight = await queue.run({ lane, source }, () =>
      passwords.verify(password.slice(0, 2 * MAX_PASSWORD), account?.passwordHash ?? null),
    )
    if (!isRight || account === undefined || account.disabled) {
      await refused(isRight ? 'disabled' : 'wrong')
      throw new PlugbayError('UNAUTHENTICATED')
    }
    giveBack()
    await rehash(account, password, parts)
    return account
  } catch (error) {
    if (error instanceof RetryLater) await refused('too many')
    throw error
  }
}

/** With the parameters of now. */
async function rehash(
  account: Account,
  password: string,
  { store, queue, passwords }: PasswordParts,
): Promise<void> {
  if (account.passwordHash === null || !passwords.isOutdated(account.passwordHash)) return
  const hash = await queue.run({ lane: 'known', source: account.id }, () => passwords.hash(password))
  await store.principals.rehashPassword(account, hash)
}
