// /sign-in and /sign-out.

import { returnPath } from '../routing/return-path.ts'
import { AGAIN, beginning } from '../routing/way-back.ts'
import { RetryLater } from '../server/problem.ts'
import { beginSession, endSession } from './begin-session.ts'
import { bounce, page, seeOther } from './document.ts'
import { form, heading, link, note } from './forms.ts'
import { accountFor } from './password-check.ts'
import { readForm } from './read-form.ts'
import type { PageHandler, SignInParts, Visit } from './services.ts'

interface Shown {
  readonly to: string
  readonly status?: number
  readonly problem?: string
  readonly name?: string
  readonly headers?: readonly (readonly [string, string])[]
}

export function createSignInPages(parts: SignInParts) {
  const show: PageHandler = async (visit) => {
    const { request, query, basePath, words } = visit
    const to = returnPath(query.get('to'), basePath)
    const began = beginning(request.headers.get('sec-fetch-site') ?? undefined)
    const again = () => bounce(words, `${basePath}/sign-in?${new URLSearchParams({ to, [AGAIN]: '' })}`)
    if (began === 'elsewhere') return again()
    if ((await parts.authenticator.onPage(request, visit.peer)) !== null) return seeOther(to)
    if (began === 'unknown' && query.has('to') && !query.has(AGAIN)) return again()
    return signInPage(visit, { to }, parts)
  }

  const signIn: PageHandler = async (visit) => {
    const { request, basePath, words } = visit
    const given = await readForm(request)
    const to = returnPath(given.get('to'), basePath)
    const name = given.get('name') ?? ''
    if (!parts.config.signIn.passwords) return signInPage(visit, { to, status: 403 }, parts)
    try {
      const account = await accountFor({ name, password: given.get('password') ?? '' }, visit, parts)
      // A redirect would be held against "form-action", since pages of plugins may have origins of their own.
      return bounce(words, to, await beginSession(account, { ...visit, by: 'password' }, parts))
    } catch (error) {
      return signInPage(visit, { to, name, ...refusalOf(error, words.say) }, parts)
    }
  }

  const signOut: PageHandler = async ({ request, basePath }) =>
    seeOther(`${basePath}/`, await endSession(request, parts))

  return { show, signIn, signOut }
}

/** What the page says of a failure. @throws the error itself, when it is none of the visitor's */
export function refusalOf(
  error: unknown,
  say: Visit['words']['say'],
): Required<Pick<Shown, 'status' | 'problem' | 'headers'>> {
  if (error instanceof RetryLater) {
    const minutes = Math.ceil(error.afterSeconds / 60)
    const problem = error.afterSeconds < 60 ? say('busy') : say('tooMany', { minutes })
    return { status: 429, problem, headers: [['retry-after', String(error.afterSeconds)]] }
  }
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'UNAUTHENTICATED') return { status: 401, problem: say('wrong'), headers: [] }
  throw error
}

export function signInPage(
  { words, basePath }: Pick<Visit, 'words' | 'basePath'>,
  { to, status = 200, problem, name = '', headers = [] }: Shown,
  { config }: Pick<SignInParts, 'config'>,
): Response {
  const { say } = words
  const { passwords, oidc } = config.signIn
  const parts = [heading(to === `${basePath}/` ? say('signIn') : say('signInTo'))]
  if (problem !== undefined) parts.push(note('bad', problem))
  if (oidc.issuer !== null) {
    const start = `${basePath}/sign-in/oidc?${new URLSearchParams({ to })}`
    parts.push(link(start, say('signInWith', { provider: oidc.label }), 'button'))
  }
  if (passwords) {
    if (oidc.issuer !== null) parts.push(note('soft', say('or')))
    parts.push(
      form({
        action: `${basePath}/sign-in`,
        hidden: { to },
        button: say('signIn'),
        isPlain: oidc.issuer !== null,
        fields: [
          { name: 'name', label: say('name'), autocomplete: 'username', value: name, hasFocus: name === '' },
          {
            name: 'password',
            label: say('password'),
            autocomplete: 'current-password',
            hasFocus: name !== '',
          },
        ],
      }),
      note('soft', say('forgotten')),
    )
  }
  if (!passwords && oidc.issuer === null) parts.push(note('soft', say('noPasswords')))
  parts.push(`<p class="soft">${link(`${basePath}/admin/`, say('byToken'))}</p>`)
  return page(words, { title: say('signIn'), body: parts.join('\n'), status, headers })
}
