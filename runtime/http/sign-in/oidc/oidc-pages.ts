// /sign-in/oidc: to the provider and back.

import { randomBytes } from 'node:crypto'
import type { Account, ProviderIdentity } from '../../../../plugin-store/accounts.ts'
import type { OidcConfig } from '../../../config/sign-in-config.ts'
import { returnPath } from '../../routing/return-path.ts'
import { clientAddress, sourceOf } from '../../server/request-source.ts'
import { beginSession } from '../begin-session.ts'
import { bounce } from '../document.ts'
import type { PageHandler, SignInParts, Visit } from '../services.ts'
import { signInPage } from '../sign-in-pages.ts'
import { type Admission, admissionOf } from './admission.ts'
import { Provider } from './provider.ts'
import { type Transaction, Transactions } from './transaction.ts'

const CALLBACK = '/sign-in/oidc/callback'

/** Why the visitor was not signed in: `key` for the page, the message for the audit log. */
class Refused extends Error {
  readonly key: 'providerFailed' | 'notAllowed' | 'nameTaken'
  readonly user: Account | null

  constructor(key: Refused['key'], reason: string, user: Account | null = null) {
    super(reason)
    this.key = key
    this.user = user
  }
}

export function createOidcPages(parts: SignInParts, config: OidcConfig & { readonly issuer: string }) {
  const provider = new Provider(config)
  const transactions = new Transactions(parts.config)

  /** The one address that the provider knows: the public one, if the visitor came by it. */
  function redirectUri({ request, basePath }: Visit): string {
    return `${sourceOf(request, parts.config)?.origin ?? ''}${basePath}${CALLBACK}`
  }

  const start: PageHandler = async (visit) => {
    const { request, query, basePath } = visit
    const transaction: Transaction = {
      state: randomText(),
      nonce: randomText(),
      verifier: randomText(),
      to: returnPath(query.get('to'), basePath),
      code: (query.get('code') ?? '').slice(0, 100),
    }
    try {
      const location = (await provider.address(transaction, redirectUri(visit))).href
      const headers = new Headers({ location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
      headers.append('set-cookie', transactions.cookie(request, transaction))
      return new Response(null, { status: 303, headers })
    } catch (error) {
      return failed(visit, transaction.to, error)
    }
  }

  const callback: PageHandler = async (visit) => {
    const { request, peer, query, basePath, words } = visit
    const transaction = transactions.read(request)
    const to = transaction?.to ?? `${basePath}/`
    try {
      if (transaction === undefined)
        throw new Refused('providerFailed', 'no sign-in was begun in this browser')
      const answered = new URL(`${redirectUri(visit)}?${query}`)
      const account = await accountOf(transaction, answered)
      const cookies = await beginSession(account, { request, peer, by: 'oidc' }, parts)
      return bounce(words, to, [...cookies, ['set-cookie', transactions.over(request)]])
    } catch (error) {
      return failed(visit, to, error)
    }
  }

  async function accountOf(transaction: Transaction, answered: URL): Promise<Account> {
    const claims = await provider.claims(answered, transaction)
    const identity: ProviderIdentity = { issuer: claims.iss, subject: claims.sub }
    const admission = admissionOf(claims, config)
    const found = await parts.store.principals.findIdentity(identity)
    const user = found?.account ?? null
    if (user?.disabled === true) throw new Refused('notAllowed', 'disabled', user)
    // An invitation is the administrator's word for this one person, whatever the lists say.
    if (found === undefined && transaction.code !== '') return invited(transaction.code, identity)
    if (admission === undefined)
      throw new Refused('notAllowed', 'not in the lists of the configuration', user)
    if (found === undefined) return created(identity, admission)
    if (!found.isOfProvider || !admission.hasPermissions) return found.account
    return withPermissions(found.account, admission)
  }

  async function invited(code: string, identity: ProviderIdentity): Promise<Account> {
    const account = await parts.store.principals.addIdentityByLink(code, identity)
    if (account === undefined) throw new Refused('notAllowed', 'the invitation was unknown, used or expired')
    return account
  }

  async function created(identity: ProviderIdentity, { name, permissions }: Admission): Promise<Account> {
    if (!config.create) throw new Refused('notAllowed', 'not invited')
    try {
      return await parts.store.principals.addUserOfProvider({ name, permissions }, identity)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      if (code !== 'STATE_CONFLICT' && code !== 'BAD_REQUEST') throw error
      throw new Refused('nameTaken', String(error))
    }
  }

  async function withPermissions(account: Account, { permissions }: Admission): Promise<Account> {
    const { principals } = parts.store
    if (account.permissions.toSorted().join() === permissions.toSorted().join()) return account
    const actor = { name: account.name, user: account.id }
    await principals.changeUser(
      account.id,
      { permissions },
      { actor, action: 'user.change', detail: { by: 'oidc' } },
    )
    return (await principals.accountOf(account.id)) ?? account
  }

  async function failed(visit: Visit, to: string, error: unknown): Promise<Response> {
    const { request, peer, words, basePath } = visit
    const { key, user } = error instanceof Refused ? error : { key: 'providerFailed' as const, user: null }
    if (!(error instanceof Refused)) parts.log.warn({ err: error }, 'the OpenID provider signed nobody in')
    const reason = error instanceof Refused ? error.message : 'the provider failed'
    const address = clientAddress(request, peer, parts.config)
    await parts.journal.record({ by: 'oidc', reason, address, user })
    const problem = words.say(key, { provider: config.label })
    const headers = [['set-cookie', transactions.over(request)]] as const
    const status = key === 'providerFailed' ? 502 : 403
    return signInPage({ words, basePath }, { to, problem, headers, status }, parts)
  }

  return { start, callback }
}

function randomText(): string {
  return randomBytes(32).toString('base64url')
}
