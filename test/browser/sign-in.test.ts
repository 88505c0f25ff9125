// Signing in with a real browser: what it does with cookies, redirects and policies cannot be known otherwise.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Page } from 'playwright-core'
import { serve } from '../../runtime/serve.ts'
import type { PasswordLink, User } from '../../sdk/api/users.ts'
import { CHEAP, PASSWORD } from '../http/sign-in/form-browser.ts'
import { CLIENT, freePort, openProvider } from '../http/sign-in/provider.ts'
import { skipWithoutChromium as skip, startChromium } from '../support/chromium.ts'
import { install, send, startTestRuntime } from '../support/runtime.ts'

const browser = skip === false ? await startChromium() : undefined
after(() => browser?.close())
const port = await freePort()
// Another site than the server's, which is reached as "localhost".
const provider = await openProvider({ after }, `http://localhost:${port}/sign-in/oidc/callback`)
const runtime = await startTestRuntime(
  { after },
  {
    signIn: CHEAP,
    config: {
      port,
      signIn: { oidc: { ...CLIENT, issuer: provider.issuer, label: 'School', create: true } },
    },
  },
)
const listening = await serve(runtime)
after(() => listening.close(0))
await install(runtime, {
  id: 'notes',
  backend:
    'export default { async fetch(request, env, ctx) { return new Response(ctx.user?.name ?? "a stranger") } }',
  manifest: { access: 'user', name: 'Notes' },
  files: {
    'frontend/index.html':
      '<!doctype html><html><head></head><body><script src="main.js"></script></body></html>',
    'frontend/main.js':
      'fetch("api/who").then((r) => r.text()).then((name) => { document.body.textContent = "Notes of " + name })',
  },
})

async function linkFor(name: string): Promise<PasswordLink> {
  const added = await send(runtime, 'POST', '/users', { name, permissions: [] })
  const { id } = (await added.json()) as User
  return (await (await send(runtime, 'POST', `/users/${id}/password-link`, {})).json()) as PasswordLink
}

/** In a context of its own, with everything that the browser complains about. */
async function open(options: { readonly javaScriptEnabled?: boolean } = {}) {
  assert.ok(browser)
  const context = await browser.newContext({ locale: 'en-US', ...options })
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (/Content Security Policy|Refused/.test(message.text())) complaints.push(message.text())
  })
  return { page, context, complaints }
}

async function signIn(page: Page, name: string): Promise<void> {
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

for (const [where, origin, expected] of [
  ['sandboxed', `http://127.0.0.1:${port}`, `http://127.0.0.1:${port}/plugins/notes/?page=2`],
  ['on its own origin', `http://localhost:${port}`, `http://notes.localhost:${port}/?page=2`],
] as const)
  test(`a visitor of a page (${where}) signs in, is led back, and signs out`, {
    skip: browser === undefined,
  }, async (t) => {
    const name = `ada ${where}`
    const link = await linkFor(name)
    const { page, context, complaints } = await open()
    t.after(() => context.close())
    await page.goto(`${origin}${link.path}`)
    await page.getByLabel('New password').fill(PASSWORD)
    await page.getByLabel('The same again').fill(PASSWORD)
    await page.getByRole('button', { name: 'Set it and sign in' }).click()
    await page.getByText(`Signed in as ${name}`).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('link', { name: 'Sign in' }).waitFor()
    await page.goto(`${origin}/plugins/notes/?page=2`)
    await page.waitForURL(/\/sign-in\?to=/)
    await signIn(page, name)
    await page.waitForURL(expected)
    await page.getByText(`Notes of ${name}`).waitFor()
    await page.goto(`${origin}/`)
    await page.getByRole('link', { name: 'Notes' }).click()
    await page.getByText(`Notes of ${name}`).waitFor()
    assert.deepEqual(complaints, [])
  })

test('without JavaScript, in the dark and on a phone, the form works as well', {
  skip: browser === undefined,
}, async (t) => {
  await linkFor('grace').then(async ({ path }) => {
    const { page, context, complaints } = await open({ javaScriptEnabled: false })
    t.after(() => context.close())
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.setViewportSize({ width: 360, height: 640 })
    await page.goto(`http://127.0.0.1:${port}${path}`)
    await page.getByLabel('New password').fill(PASSWORD)
    await page.getByLabel('The same again').fill(PASSWORD)
    await page.getByRole('button', { name: 'Set it and sign in' }).click()
    await page.getByRole('link', { name: 'Your account' }).click()
    await page.getByRole('button', { name: 'Sign out everywhere' }).click()
    await page.getByRole('link', { name: 'Sign in' }).click()
    await page.getByLabel('Name').fill('grace')
    await page.getByLabel('Password').fill('not the right one')
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('Password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await page.getByText('Signed in as grace').waitFor()
    const [width, background] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      getComputedStyle(document.body).backgroundColor,
    ])
    assert.equal(width, 360)
    assert.equal(background, 'rgb(13, 17, 23)')
    assert.deepEqual(complaints, [])
  })
})

test('the provider, on another site, signs a visitor in and leads back to the page', {
  skip: browser === undefined,
}, async (t) => {
  provider.users.set('heidi', { preferred_username: 'heidi' })
  const { page, context, complaints } = await open()
  t.after(() => context.close())
  await page.goto(`http://localhost:${port}/plugins/notes/`)
  await page.getByRole('link', { name: 'Sign in with School' }).click()
  await page.locator('input[name="login"]').fill('heidi')
  await page.locator('input[name="password"]').fill('any')
  await page.locator('button[type="submit"]').click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`http://notes.localhost:${port}/`)
  await page.getByText('Notes of heidi').waitFor()
  assert.deepEqual(complaints, [])
})
