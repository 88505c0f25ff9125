// The pages by which users of the runtime sign in, and the first page. Loaded by the first request for one of them.
// Invariant: a form changes something only if a page of ours has sent it.

import { type Context, Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { PlugbayError } from '../../errors.ts'
import { requireOwnName, requireOwnOrigin } from '../identity/origin-guard.ts'
import { logFailure, toPlugbayError } from '../server/problem.ts'
import { peerOf } from '../server/request-source.ts'
import { createAccountPages } from './account-pages.ts'
import { AttemptBudget } from './attempt-budget.ts'
import { page } from './document.ts'
import { FailureJournal } from './failure-journal.ts'
import { heading, link, note } from './forms.ts'
import { createLandingPage } from './landing-page.ts'
import { createOidcPages } from './oidc/oidc-pages.ts'
import { createPasswords } from './password-hash.ts'
import { PasswordQueue } from './password-queue.ts'
import type { PageHandler, SignInParts, SignInServices, Visit } from './services.ts'
import { createSignInPages } from './sign-in-pages.ts'
import { createWords } from './words/words.ts'

/** @returns makes the app that serves the pages below a base path; all of them share their limits */
export function createSignIn(services: SignInServices): (basePath: string) => Hono {
  const parts: SignInParts = {
    ...services,
    budget: new AttemptBudget(),
    queue: new PasswordQueue(),
    passwords: createPasswords(services.passwordCost),
    journal: new FailureJournal(services.store.audit, services.log),
    wordsFor: createWords(services.languages.default),
  }
  const routes = routesOf(parts)
  return (basePath) => {
    const app = new Hono()
    for (const [path, handlers] of Object.entries(routes)) {
      const { GET, POST } = handlers
      if (GET !== undefined) app.get(basePath + path, (c) => answer(c, { basePath, handler: GET, parts }))
      if (POST !== undefined) app.post(basePath + path, (c) => answer(c, { basePath, handler: POST, parts }))
    }
    return app
  }
}

function routesOf(parts: SignInParts): Readonly<Record<string, { GET?: PageHandler; POST?: PageHandler }>> {
  const { oidc } = parts.config.signIn
  const signIn = createSignInPages(parts)
  const account = createAccountPages(parts)
  const { issuer } = oidc
  const provider = issuer === null ? undefined : createOidcPages(parts, { ...oidc, issuer })
  return {
    '/': { GET: createLandingPage(parts) },
    '/sign-in': { GET: signIn.show, POST: signIn.signIn },
    '/sign-out': { POST: signIn.signOut },
    '/account': { GET: account.account },
    '/account/password': { POST: account.changePassword },
    '/account/sign-out-everywhere': { POST: account.signOutEverywhere },
    '/set-password': { GET: account.link, POST: account.setPassword },
    ...(provider !== undefined && {
      '/sign-in/oidc': { GET: provider.start },
      '/sign-in/oidc/callback': { GET: provider.callback },
    }),
  }
}

interface Answering {
  readonly basePath: string
  readonly handler: PageHandler
  readonly parts: SignInParts
}

async function answer(c: Context, { basePath, handler, parts }: Answering): Promise<Response> {
  const request = c.req.raw
  const words = parts.wordsFor(request.headers.get('accept-language') ?? undefined)
  const visit: Visit = {
    request,
    peer: peerOf(c.env),
    words,
    basePath,
    query: new URL(request.url).searchParams,
  }
  try {
    requireOwnName(request, parts.config)
    if (request.method === 'POST') requireOwnOrigin(request, parts.config, 'always')
    return await handler(visit)
  } catch (error) {
    const known = toPlugbayError(error)
    logFailure(parts.log, known, '')
    return failure(visit, known)
  }
}

function failure({ words, basePath }: Visit, error: PlugbayError): Response {
  const { say } = words
  const text = say(error.code === 'FOREIGN_ORIGIN' ? 'foreign' : 'failed')
  const body = [heading(error.row.title), note('bad', text), link(`${basePath}/sign-in`, say('signIn'))]
  const status = error.row.status as ContentfulStatusCode
  return page(words, { title: error.row.title, body: body.join('\n'), status })
}
