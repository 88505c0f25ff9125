// /account: one's own password, and signing out everywhere. /set-password: where an administrator's link leads.

import type { Account } from '../../../plugin-store/accounts.ts'
import { readSessionCookie } from '../identity/session-cookie.ts'
import { clientAddress } from '../server/request-source.ts'
import { beginSession, endSession } from './begin-session.ts'
import { page, seeOther } from './document.ts'
import { form, heading, link, newPasswordFields, note } from './forms.ts'
import { accountFor } from './password-check.ts'
import { MAX_PASSWORD, MIN_PASSWORD, passwordProblem } from './password-rules.ts'
import { readForm } from './read-form.ts'
import type { PageHandler, SignInParts, Visit } from './services.ts'
import { refusalOf } from './sign-in-pages.ts'

interface Told {
  readonly kind: 'bad' | 'good'
  readonly text: string
  readonly status?: number
  readonly headers?: readonly (readonly [string, string])[]
}

export function createAccountPages(parts: SignInParts) {
  const { store, queue, journal, config, authenticator, passwords } = parts

  async function ownAccount({ request }: Visit): Promise<Account | undefined> {
    const secret = readSessionCookie(request, config)
    return secret === undefined ? undefined : (await store.principals.findUserSession(secret))?.account
  }

  /** Who has signed in by a token has no account, and would be led back here. */
  const toSignIn = async ({ request, peer, basePath }: Visit): Promise<Response> =>
    (await authenticator.onPage(request, peer)) === null
      ? seeOther(`${basePath}/sign-in?${new URLSearchParams({ to: `${basePath}/account` })}`)
      : seeOther(`${basePath}/`)

  const account: PageHandler = async (visit) => {
    const own = await ownAccount(visit)
    if (own === undefined) return toSignIn(visit)
    const { say } = visit.words
    const isChanged = visit.query.has('changed')
    return accountPage(visit, own, isChanged ? { kind: 'good', text: say('changed') } : undefined)
  }

  const changePassword: PageHandler = async (visit) => {
    const own = await ownAccount(visit)
    if (own === undefined) return toSignIn(visit)
    const { say } = visit.words
    const given = await readForm(visit.request)
    const password = given.get('password') ?? ''
    const problem = chosenProblem(password, { again: given.get('again'), name: own.name, say })
    if (problem !== undefined) return accountPage(visit, own, { kind: 'bad', text: problem, status: 400 })
    let checked: Account
    try {
      // By the limits of signing in: who has found an open browser must not find out the password with it.
      checked = await accountFor({ name: own.name, password: given.get('current') ?? '' }, visit, parts)
    } catch (error) {
      const { status, problem: text, headers } = refusalOf(error, say)
      return accountPage(visit, own, {
        ...{ kind: 'bad', status: status === 401 ? 400 : status, headers },
        text: status === 401 ? say('wrongCurrent') : text,
      })
    }
    const hash = await queue.run({ lane: 'known', source: own.id }, () => passwords.hash(password))
    const changed = await store.principals.changePassword(checked, hash)
    if (changed === undefined) return toSignIn(visit)
    const cookies = await beginSession(changed, { ...visit, by: 'password' }, parts)
    return seeOther(`${visit.basePath}/account?changed`, cookies)
  }

  const signOutEverywhere: PageHandler = async (visit) => {
    const own = await ownAccount(visit)
    if (own !== undefined) {
      const actor = { name: own.name, user: own.id }
      await store.principals.endUserSessions(own.id, { actor, action: 'session.end-all' })
    }
    return seeOther(`${visit.basePath}/`, await endSession(visit.request, parts))
  }

  const link: PageHandler = async (visit) => {
    const code = visit.query.get('code') ?? ''
    return linkPage(visit, code, await store.principals.findPasswordLink(code), parts)
  }

  const setPassword: PageHandler = async (visit) => {
    const given = await readForm(visit.request)
    const code = given.get('code') ?? ''
    const found = await store.principals.findPasswordLink(code)
    const over = async () => {
      const address = clientAddress(visit.request, visit.peer, config)
      await journal.record({ by: 'link', reason: 'unknown, used or expired', address, user: null })
      return linkPage(visit, code, undefined, parts)
    }
    if (found === undefined || !config.signIn.passwords) return over()
    const { account: owner } = found
    const password = given.get('password') ?? ''
    const { say } = visit.words
    const problem = chosenProblem(password, { again: given.get('again'), name: owner.name, say })
    if (problem !== undefined) return linkPage(visit, code, { ...found, problem }, parts)
    try {
      const hash = await queue.run({ lane: 'known', source: owner.id }, () => passwords.hash(password))
      const changed = await store.principals.setPasswordByLink(code, hash)
      if (changed === undefined) return over()
      return seeOther(`${visit.basePath}/`, await beginSession(changed, { ...visit, by: 'link' }, parts))
    } catch (error) {
      const { problem: text } = refusalOf(error, say)
      return linkPage(visit, code, { ...found, problem: text }, parts)
    }
  }

  return { account, changePassword, signOutEverywhere, link, setPassword }
}

/** What is wrong with a chosen password, in words. */
function chosenProblem(
  password: string,
  {
    again,
    name,
    say,
  }: { readonly again: string | null; readonly name: string } & Pick<Visit['words'], 'say'>,
): string | undefined {
  const problem = passwordProblem(password, name)
  if (problem !== undefined) return say(problem, { count: problem === 'long' ? MAX_PASSWORD : MIN_PASSWORD })
  return again === password ? undefined : say('different')
}

function accountPage({ words, basePath }: Visit, own: Account, told: Told | undefined): Response {
  const { say } = words
  const parts = [heading(say('account')), note('soft', say('signedInAs', { name: own.name }))]
  if (told !== undefined) parts.push(note(told.kind, told.text))
  if (own.passwordHash !== null)
    parts.push(
      `<h2>${say('changePassword')}</h2>`,
      form({
        action: `${basePath}/account/password`,
        button: say('change'),
        fields: [
          { name: 'current', label: say('currentPassword'), autocomplete: 'current-password' },
          ...newPasswordFields(say),
        ],
      }),
      note('soft', say('rules', { count: MIN_PASSWORD })),
    )
  parts.push(
    `<h2>${say('everywhere')}</h2>`,
    note('soft', say('everywhereText')),
    form({
      action: `${basePath}/account/sign-out-everywhere`,
      button: say('everywhere'),
      isPlain: true,
      fields: [],
    }),
    `<p>${link(`${basePath}/`, say('home'))}</p>`,
  )
  const { status = 200, headers = [] } = told ?? {}
  return page(words, { title: say('account'), body: parts.join('\n'), status, headers })
}

interface ShownLink {
  readonly account: Account
  readonly kind: 'invite' | 'reset'
  readonly problem?: string
}

function linkPage(
  { words, basePath }: Visit,
  code: string,
  found: ShownLink | undefined,
  { config }: SignInParts,
): Response {
  const { say } = words
  if (found === undefined) {
    const body = [
      heading(say('linkOver')),
      note('soft', say('linkOverText')),
      `<p>${link(`${basePath}/sign-in`, say('signIn'))}</p>`,
    ]
    return page(words, { title: say('linkOver'), body: body.join('\n'), status: 410 })
  }
  const { account, kind, problem } = found
  const isInvited = kind === 'invite'
  const { name } = account
  const { passwords, oidc } = config.signIn
  const parts = [heading(say(isInvited ? 'invited' : 'reset', { name }))]
  if (problem !== undefined) parts.push(note('bad', problem))
  if (passwords)
    parts.push(
      note('soft', say(isInvited ? 'invitedText' : 'resetText')),
      form({
        action: `${basePath}/set-password`,
        hidden: { code },
        button: say('set'),
        fields: [
          // For password managers, which keep a password by its name.
          { name: 'name', label: say('name'), autocomplete: 'username', value: name, isFixed: true },
          ...newPasswordFields(say),
        ],
      }),
      note('soft', say('rules', { count: MIN_PASSWORD })),
    )
  if (isInvited && oidc.issuer !== null) {
    const start = `${basePath}/sign-in/oidc?${new URLSearchParams({ code })}`
    if (passwords) parts.push(note('soft', say('or')))
    parts.push(link(start, say('signInWith', { provider: oidc.label }), 'button plain'))
  }
  const title = say(isInvited ? 'invited' : 'reset', { name })
  return page(words, { title, body: parts.join('\n'), status: problem === undefined ? 200 : 400 })
}
