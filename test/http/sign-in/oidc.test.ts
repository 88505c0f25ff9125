// Signing in by a real OpenID provider on loopback.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import type { OidcConfig } from '../../../runtime/config/sign-in-config.ts'
import { send, startTestRuntime } from '../../support/runtime.ts'
import type { Scope } from '../../support/scope.ts'
import { CHEAP, FormBrowser, ORIGIN, PASSWORD } from './form-browser.ts'
import { CLIENT, openProvider } from './provider.ts'

const provider = await openProvider({ after }, `${ORIGIN}/sign-in/oidc/callback`)

async function open(t: Scope, config: Partial<OidcConfig> = {}) {
  const oidc = { ...CLIENT, issuer: provider.issuer, label: 'School', ...config }
  const runtime = await startTestRuntime(t, { signIn: CHEAP, config: { signIn: { oidc } } })
  return { runtime, app: createApp(runtime) }
}

const { runtime, app } = await open(
  { after },
  { create: true, groupPermissions: [{ group: 'staff', permissions: ['plugins.view'] }] },
)

provider.users.set('u-ada', { preferred_username: 'ada', groups: ['staff'] })
provider.users.set('u-bob', { preferred_username: 'bob', groups: [] })

/** To the provider and back to the address that it names. */
async function atProvider(browser: FormBrowser, user: string, query = 'to=/plugins/x/'): Promise<string> {
  const start = await browser.get(`/sign-in/oidc?${query}`)
  assert.equal(start.status, 303, await start.clone().text())
  const answered = await provider.signIn(start.headers.get('location') ?? '', user)
  assert.ok(answered.startsWith(`${ORIGIN}/sign-in/oidc/callback?`), answered)
  return answered.slice(ORIGIN.length)
}

async function reasons(of = runtime): Promise<readonly unknown[]> {
  const { items } = await of.store.audit.list({ limit: 100 })
  return items.filter(({ action }) => action === 'session.refuse').map(({ detail }) => detail.reason)
}

test('a user of the provider signs in, is made, and may do what its groups may; again, it is the same user', async () => {
  const browser = new FormBrowser(app)
  assert.match(await (await browser.get('/sign-in?to=/plugins/x/')).text(), /Sign in with School/)
  const start = await browser.get('/sign-in/oidc?to=/plugins/x/')
  const location = new URL(start.headers.get('location') ?? '')
  for (const name of ['state', 'nonce', 'code_challenge'])
    assert.match(location.searchParams.get(name) ?? '', /^[\w-]{43}$/, name)
  assert.equal(location.searchParams.get('code_challenge_method'), 'S256')
  const [cookie = ''] = start.headers.getSetCookie()
  for (const attribute of ['HttpOnly', 'SameSite=Lax', 'Max-Age=600', 'Path=/'])
    assert.ok(cookie.includes(attribute))
  const answered = await provider.signIn(location.href, 'u-ada')
  const back = await browser.get(answered.slice(ORIGIN.length))
  assert.equal(back.status, 200)
  // A redirect would keep the session from the page, since the provider's site began it.
  assert.match(await back.text(), /http-equiv="refresh" content="0;url=\/plugins\/x\/"/)
  assert.ok(!browser.cookies.has('plugbay-sign-in'))
  assert.match(await (await browser.get('/')).text(), /Signed in as ada/)
  const session = { headers: { cookie: `plugbay-session=${browser.cookies.get('plugbay-session')}` } }
  const who = await app.request(`${ORIGIN}/api/v1/session`, session)
  assert.deepEqual(await who.json(), { name: 'ada', permissions: ['plugins.view'] })
  provider.users.set('u-ada', { preferred_username: 'renamed', groups: ['other'] })
  const again = new FormBrowser(app)
  await again.get(await atProvider(again, 'u-ada'))
  assert.match(await (await again.get('/')).text(), /Signed in as ada/)
  const now = await app.request(`${ORIGIN}/api/v1/session`, session)
  assert.deepEqual(await now.json(), { name: 'ada', permissions: [] })
})

test('an answer is worth nothing in another browser, a second time, or with another state, issuer or code', async () => {
  const victim = new FormBrowser(app)
  const answered = await atProvider(victim, 'u-bob')
  // Signing the victim in as the attacker: the cookie of the sign-in is not theirs.
  const thief = new FormBrowser(app)
  assert.equal((await thief.get(answered)).status, 502)
  const url = new URL(answered, ORIGIN)
  for (const [name, value] of [
    ['state', 'x'.repeat(43)],
    ['iss', 'https://other.example.org'],
    ['code', 'x'.repeat(43)],
  ] as const) {
    const other = new URL(url)
    other.searchParams.set(name, value)
    const asked = victim.copy()
    assert.equal((await asked.get(other.pathname + other.search)).status, 502, name)
    assert.ok(!asked.cookies.has('plugbay-session'))
  }
  const without = new URL(url)
  without.searchParams.delete('iss')
  assert.equal((await victim.copy().get(without.pathname + without.search)).status, 502)
  // The cookie of another sign-in has another state, nonce and verifier.
  const second = new FormBrowser(app)
  await second.get('/sign-in/oidc?to=/')
  assert.equal((await second.get(answered)).status, 502)
  const forged = new FormBrowser(app)
  forged.cookies.set('plugbay-sign-in', Buffer.alloc(200).toString('base64url'))
  assert.equal((await forged.get(answered)).status, 502)
  assert.ok((await reasons()).includes('no sign-in was begun in this browser'))

  const fresh = new FormBrowser(app)
  const right = await atProvider(fresh, 'u-bob')
  const kept = fresh.copy()
  assert.equal((await fresh.get(right)).status, 200)
  assert.equal((await kept.get(right)).status, 502)
})

test('the nonce of the ID token must be that of the sign-in', async () => {
  const browser = new FormBrowser(app)
  const start = await browser.get('/sign-in/oidc?to=/')
  const address = new URL(start.headers.get('location') ?? '')
  address.searchParams.set('nonce', 'of-somebody-else')
  const answered = await provider.signIn(address.href, 'u-bob')
  assert.equal((await browser.get(answered.slice(ORIGIN.length))).status, 502)
  assert.ok(!browser.cookies.has('plugbay-session'))
})

test('nobody becomes a user who is there by a name at the provider', async () => {
  const added = await send(runtime, 'POST', '/users', { name: 'Root', permissions: ['*'] })
  assert.equal(added.status, 201)
  for (const name of ['Root', 'root', 'r\u043eot', 'admin']) {
    provider.users.set('u-eve', { preferred_username: name })
    const eve = new FormBrowser(app)
    const response = await eve.get(await atProvider(eve, 'u-eve'))
    assert.equal(response.status, 403, name)
    assert.match(await response.text(), /belongs to somebody else|admitted/)
    assert.ok(!eve.cookies.has('plugbay-session'))
  }
})

test('an invitation makes a user of the provider the invited one, once, and a disabled one stays out', async (t) => {
  const invited = await open(t)
  const browser = new FormBrowser(invited.app)
  provider.users.set('u-carl', { preferred_username: 'anything' })
  const uninvited = await browser.get(await atProvider(browser, 'u-carl'))
  assert.equal(uninvited.status, 403)
  const added = await send(invited.runtime, 'POST', '/users', { name: 'carl', permissions: ['plugins.view'] })
  const { id } = await added.json()
  const made = await send(invited.runtime, 'POST', `/users/${id}/password-link`, {})
  const { path } = await made.json()
  const html = await (await browser.get(path)).text()
  const start = /href="(\/sign-in\/oidc\?code=[\w-]+)"/.exec(html)?.[1] ?? ''
  assert.equal((await browser.get(await atProvider(browser, 'u-carl', start.split('?')[1]))).status, 200)
  assert.match(await (await browser.get('/')).text(), /Signed in as carl/)
  assert.equal((await new FormBrowser(invited.app).get(path)).status, 410)
  const dave = new FormBrowser(invited.app)
  assert.equal((await dave.get(await atProvider(dave, 'u-dave', start.split('?')[1]))).status, 403)
  await send(invited.runtime, 'PATCH', `/users/${id}`, { disabled: true })
  assert.doesNotMatch(await (await browser.get('/')).text(), /Signed in/)
  assert.equal((await browser.get(await atProvider(browser, 'u-carl'))).status, 403)
  assert.ok((await reasons(invited.runtime)).includes('disabled'))
})

test('the lists of the operator admit by group, and by address only if it was verified', async (t) => {
  const listed = await open(t, {
    create: true,
    allowedEmails: ['ann@example.org', '@school.example'],
    allowedGroups: ['staff'],
  })
  for (const [id, claims, status] of [
    ['l-1', { email: 'Ann@Example.org', email_verified: true }, 200],
    ['l-2', { email: 'ann@example.org', email_verified: false, preferred_username: 'ann2' }, 403],
    ['l-3', { email: 'tim@school.example', email_verified: true, preferred_username: 'tim' }, 200],
    ['l-4', { email: 'tim@notschool.example', email_verified: true, preferred_username: 'tom' }, 403],
    ['l-5', { groups: ['staff'], preferred_username: 'kim' }, 200],
    ['l-6', { groups: 'staffing', preferred_username: 'jim' }, 403],
    ['l-7', { groups: { staff: true }, email: ['ann@example.org'], preferred_username: 'pam' }, 403],
  ] as const) {
    provider.users.set(id, claims)
    const browser = new FormBrowser(listed.app)
    assert.equal((await browser.get(await atProvider(browser, id))).status, status, id)
  }
})

test('without passwords, the form is not there and is not taken', async (t) => {
  const oidc = { ...CLIENT, issuer: provider.issuer }
  const only = await startTestRuntime(t, { signIn: CHEAP, config: { signIn: { passwords: false, oidc } } })
  const browser = new FormBrowser(createApp(only))
  assert.doesNotMatch(await (await browser.get('/sign-in')).text(), /type="password"/)
  assert.equal((await browser.signIn('ada', PASSWORD)).status, 403)
})

test('a provider that is away, lies about its name, sends too much or asks by http is told from a right one', async (t) => {
  let answer: (issuer: string) => string | undefined = () => undefined
  const server = createServer((_request, response) => {
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const text = answer(issuer)
    if (text === undefined) return void response.socket?.destroy()
    response.setHeader('content-type', 'application/json')
    response.end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { app: wary } = await open(t, { issuer })
  const ask = () => new FormBrowser(wary).get('/sign-in/oidc')
  assert.equal((await ask()).status, 502)
  answer = () =>
    JSON.stringify({
      issuer: 'https://other.example.org',
      authorization_endpoint: 'https://other.example.org/a',
    })
  assert.equal((await ask()).status, 502)
  answer = (own) => JSON.stringify({ issuer: own, padding: 'x'.repeat(2_000_000) })
  assert.equal((await ask()).status, 502)
  // Right again, it is asked again; an endpoint elsewhere without TLS gets neither code nor secret.
  answer = (own) =>
    JSON.stringify({
      issuer: own,
      authorization_endpoint: `${own}/auth`,
      token_endpoint: 'http://192.0.2.1/token',
      jwks_uri: `${own}/jwks`,
    })
  const browser = new FormBrowser(wary)
  const start = await browser.get('/sign-in/oidc')
  assert.equal(start.status, 303)
  const state = new URL(start.headers.get('location') ?? '').searchParams.get('state') ?? ''
  assert.equal((await browser.get(`/sign-in/oidc/callback?code=x&state=${state}`)).status, 502)
})
