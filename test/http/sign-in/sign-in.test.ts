// Signing in by password and by link, signing out, and what strangers try against it.

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createApp } from '../../../runtime/app.ts'
import { serve } from '../../../runtime/serve.ts'
import type { PasswordLink, User } from '../../../sdk/api/users.ts'
import { api, install, rawRequest, send, startTestRuntime } from '../../support/runtime.ts'
import { CHEAP, FormBrowser, type FormBrowserOptions, leadsTo, PASSWORD } from './form-browser.ts'

const runtime = await startTestRuntime({ after }, { signIn: CHEAP, config: { languages: ['en', 'de'] } })
const app = createApp(runtime)
const browser = (options?: FormBrowserOptions) => new FormBrowser(app, options)

await install(runtime, {
  id: 'notes',
  backend: `export default { async fetch(request, env, ctx) { return Response.json(ctx.user ?? null) } }`,
  manifest: {
    access: 'user',
    name: { en: 'Notes', de: 'Notizen' },
    icon: 'assets/icon.svg',
    contributes: {
      menus: [
        { menu: 'shell.main', title: { en: 'Today & now', de: 'Heute' }, category: 'B', path: '/today' },
        { menu: 'shell.main', title: 'All', category: 'A', icon: 'list', path: '/all?from=1&to=2' },
        { menu: 'shell.main', title: 'First', path: '/' },
        { menu: 'shell.main', title: 'Shared', path: '/shared', permissions: ['notes.share'] },
      ],
    },
  },
  files: {
    'frontend/index.html': '<h1>Notes</h1>',
    'assets/icon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
  },
})
await install(runtime, { id: 'guestbook', files: { 'frontend/index.html': '<h1>Guests</h1>' } })
await install(runtime, {
  id: 'staff',
  manifest: { access: ['staff.view'] },
  files: { 'frontend/index.html': '<h1>Staff</h1>' },
})
// Without a first page.
await install(runtime, {
  id: 'reports',
  manifest: { contributes: { menus: [{ menu: 'shell.main', title: 'Report', path: '/report.html' }] } },
  files: { 'frontend/report.html': '<h1>Report</h1>', 'frontend/readme.txt': 'x' },
})

async function addUser(name: string, permissions: readonly string[] = []): Promise<User> {
  const response = await send(runtime, 'POST', '/users', { name, permissions })
  assert.equal(response.status, 201)
  return (await response.json()) as User
}

async function linkOf({ id }: User): Promise<PasswordLink> {
  const response = await send(runtime, 'POST', `/users/${id}/password-link`, {})
  assert.equal(response.status, 201)
  return (await response.json()) as PasswordLink
}

const codeIn = ({ path }: PasswordLink): string => new URL(path, 'http://x').searchParams.get('code') ?? ''

/** A user with a password, in a browser that is signed in. */
async function member(name: string, permissions: readonly string[] = []) {
  const user = await addUser(name, permissions)
  const own = browser()
  const response = await own.post('/set-password', {
    code: codeIn(await linkOf(user)),
    password: PASSWORD,
    again: PASSWORD,
  })
  assert.equal(response.status, 303, await response.clone().text())
  return { user, own }
}

async function changes(subject: string): Promise<readonly string[]> {
  const { items } = await runtime.store.audit.list({ subject, limit: 100 })
  return items.map(({ action, actor }) => `${action} by ${actor}`).toReversed()
}

test('an invited user sets a password, is signed in, and signs in again elsewhere', async () => {
  const user = await addUser('ada')
  const link = await linkOf(user)
  assert.deepEqual([link.kind, link.name, link.publicUrl], ['invite', 'ada', null])
  const own = browser()
  const shown = await own.get(link.path)
  assert.equal(shown.status, 200)
  const html = await shown.text()
  assert.match(html, /Welcome, ada/)
  assert.doesNotMatch(html, /<script/)
  const code = codeIn(link)
  const set = await own.post('/set-password', { code, password: PASSWORD, again: PASSWORD })
  assert.deepEqual([set.status, set.headers.get('location')], [303, '/'])
  assert.match(await (await own.get('/')).text(), /Signed in as ada/)
  const other = browser()
  const signedIn = await other.signIn('Ada', PASSWORD, '/plugins/notes/?x=1')
  assert.equal(await leadsTo(signedIn), '/plugins/notes/?x=1')
  assert.match(await (await other.get('/plugins/notes/')).text(), /<h1>Notes/)
  assert.deepEqual(await changes(user.id), [
    'user.create by admin',
    'user.invite by admin',
    'password.set by ada',
    'session.create by ada',
    'session.create by ada',
  ])
  const listed = await (await api(runtime, '/users')).json()
  assert.equal(listed.items.find(({ name }: User) => name === 'ada').hasPassword, true)
})

test('the cookies of a session are those of every session, and a sign-in always makes a new one', async () => {
  const { own } = await member('grace')
  const before = own.cookies.get('plugbay-session')
  const planted = browser()
  planted.cookies.set('plugbay-session', 'planted-by-somebody-else')
  const response = await planted.signIn('grace')
  const [session = '', ...attributes] = response.headers.getSetCookie()[0]?.split('; ') ?? []
  assert.match(session, /^plugbay-session=[\w-]{43}$/)
  assert.deepEqual(attributes.toSorted(), ['HttpOnly', 'Max-Age=604800', 'Path=/', 'SameSite=Strict'])
  assert.notEqual(session, `plugbay-session=${before}`)
  // Signing in once more in the same browser ends the session that it had.
  const copied = own.copy()
  await own.signIn('grace')
  assert.notEqual(own.cookies.get('plugbay-session'), before)
  assert.match(await (await own.get('/')).text(), /Signed in as grace/)
  assert.doesNotMatch(await (await copied.get('/')).text(), /Signed in/)
})

test('a page that asks for a user leads a browser to the sign-in page, and no program, script or frame', async () => {
  const stranger = browser()
  const asked = await stranger.get('/plugins/notes/deep?x=1&y=%2F')
  assert.equal(asked.status, 404)
  const page = await stranger.get('/plugins/notes/?x=1&y=%2F')
  assert.equal(page.status, 302)
  const location = page.headers.get('location') ?? ''
  assert.equal(location, '/sign-in?to=%2Fplugins%2Fnotes%2F%3Fx%3D1%26y%3D%252F')
  assert.match(
    await (await stranger.get(location)).text(),
    /name="to" value="\/plugins\/notes\/\?x=1&amp;y=%2F"/,
  )
  const navigation = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-fetch-site': 'none' }
  assert.equal((await stranger.get('/plugins/notes/api/x', navigation)).status, 302)
  for (const [path, headers] of [
    ['/plugins/notes/api/x', { accept: '*/*' }],
    ['/plugins/notes/api/x', { accept: 'text/html', authorization: 'Bearer pbt_wrong' }],
    ['/plugins/notes/api/x', { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }],
    ['/plugins/notes/', { accept: 'application/json' }],
    ['/plugins/notes/', { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
    ['/api/v1/plugins', navigation],
  ] as const)
    assert.equal((await stranger.get(path, headers)).status, 401, `${path} ${JSON.stringify(headers)}`)
  assert.equal((await stranger.post('/plugins/notes/api/x', {})).status, 401)
})

test('on an origin of its own, a page leads to the sign-in page of the server', async () => {
  const own = browser({ origin: 'http://notes.localhost:3000' })
  for (const path of ['/', '/plugins/notes/'] as const) {
    const page = await own.get(path)
    if (page.headers.get('location') === 'http://notes.localhost:3000/') continue
    const location = 'http://localhost:3000/sign-in?to=%2Fplugins%2Fnotes%2F'
    assert.deepEqual([page.status, page.headers.get('location')], [302, location])
  }
})

test('no sign-in leads anywhere but back to this server', async () => {
  await member('linus')
  for (const to of [
    'https://example.org/',
    '//example.org/',
    '/\\example.org/',
    '\\\\example.org',
    '/\t/example.org',
    '/%09/example.org\n',
    'javascript:alert(1)',
    '/./\\/example.org',
    '/x/..//example.org/',
    'http:/example.org',
    '/sign-in?to=/sign-in',
    '/sign-out',
    `/${'x'.repeat(3000)}`,
    '',
  ]) {
    const response = await browser().signIn('linus', PASSWORD, to)
    assert.equal(await leadsTo(response), '/', to)
    const page = await (await browser().get(`/sign-in?${new URLSearchParams({ to })}`)).text()
    assert.match(page, /name="to" value="\/"/, to)
  }
  assert.equal(await leadsTo(await browser().signIn('linus', PASSWORD, '/admin/?a=//b')), '/admin/?a=//b')
})

test('no other page can sign a browser in or out, or change its password', async () => {
  const { own } = await member('barbara')
  const fields = { name: 'barbara', password: PASSWORD, current: PASSWORD, again: PASSWORD }
  const foreign: readonly Record<string, string>[] = [
    { origin: 'https://example.org' },
    { origin: 'null' },
    { origin: 'http://notes.localhost:3000' },
    { origin: own.origin, 'sec-fetch-site': 'cross-site' },
    { origin: own.origin, 'sec-fetch-site': 'same-site' },
  ]
  for (const path of [
    '/sign-in',
    '/sign-out',
    '/account/password',
    '/account/sign-out-everywhere',
    '/set-password',
  ])
    for (const headers of foreign) {
      const response = await own.post(path, fields, headers)
      assert.ok([403, 421].includes(response.status), `${path} ${JSON.stringify(headers)}`)
      assert.deepEqual(response.headers.getSetCookie(), [])
    }
  assert.match(await (await own.get('/')).text(), /Signed in as barbara/)
  const json = {
    method: 'POST',
    body: JSON.stringify(fields),
    headers: { origin: own.origin, 'content-type': 'text/plain' },
  }
  assert.equal((await app.request(`${own.origin}/sign-in`, json)).status, 415)
  const name = await own.get('/sign-in', { host: 'example.org' })
  assert.equal(name.status, 421)
})

test('the pages are not framed, not kept, run no script, and speak the language of their reader', async () => {
  for (const [accepted, words, dir] of [
    ['de-AT,en;q=0.5', 'Anmelden', 'ltr'],
    ['fr', 'Se connecter', 'ltr'],
    ['ar-EG', 'تسجيل الدخول', 'rtl'],
    ['sw', 'Sign in', 'ltr'],
  ] as const) {
    const response = await browser().get('/sign-in', { 'accept-language': accepted })
    const html = await response.text()
    assert.match(html, new RegExp(`<h1 dir="auto">${words}</h1>`))
    assert.match(html, new RegExp(`dir="${dir}"`))
    assert.doesNotMatch(html, /<script|style=|javascript:/)
    const policy = response.headers.get('content-security-policy') ?? ''
    for (const rule of [
      "default-src 'none'",
      "frame-ancestors 'none'",
      "form-action 'self'",
      "base-uri 'none'",
    ])
      assert.ok(policy.includes(rule), rule)
    assert.doesNotMatch(policy, /unsafe-inline|script-src/)
    assert.equal(response.headers.get('cache-control'), 'no-store')
  }
})

test('a navigation from another site is begun again, so that the session counts; then it leads on', async () => {
  const { own } = await member('edsger')
  const headers = { 'sec-fetch-site': 'cross-site' }
  const bounced = await own.get('/sign-in?to=/plugins/notes/', headers)
  assert.equal(bounced.status, 200)
  const policy = bounced.headers.get('content-security-policy') ?? ''
  assert.match(policy, /; script-src 'sha256-[\w+/=]+'$/)
  const again = '/sign-in?to=%2Fplugins%2Fnotes%2F&again='
  assert.equal(await leadsTo(bounced), again)
  // Where browsers do not say who began, the form comes only after a second request.
  const unknown = await own.copy().get('/sign-in?to=/plugins/notes/', { 'sec-fetch-site': '' })
  assert.equal(unknown.status, 303)
  const stranger = browser()
  const unsaid = { 'sec-fetch-site': '' }
  assert.equal(await leadsTo(await stranger.get('/sign-in?to=/plugins/notes/', unsaid)), again)
  assert.match(await (await stranger.get(again, unsaid)).text(), /name="password"/)
  assert.match(await (await stranger.get('/sign-in', unsaid)).text(), /name="password"/)
  const known = await own.get('/sign-in?to=/plugins/notes/', { 'sec-fetch-site': 'same-origin' })
  assert.deepEqual([known.status, known.headers.get('location')], [303, '/plugins/notes/'])
})

test('the first page shows what a visitor may use, by name, icon and link', async () => {
  const stranger = await (await browser().get('/')).text()
  assert.match(stranger, /href="\/plugins\/guestbook\/"/)
  assert.match(stranger, /href="\/sign-in"/)
  assert.doesNotMatch(stranger, /plugins\/notes|plugins\/staff|\/admin\//)
  const { own } = await member('margaret', ['staff.view'])
  const html = await (await own.get('/', { 'accept-language': 'de' })).text()
  assert.match(html, /<img src="\/plugins\/notes\/\.plugbay\/icon" alt="">/)
  const links = (text: string) =>
    Array.from(text.matchAll(/<a href="([^"]+)"><svg.*?<bdi>(.*?)<\/bdi>/g), ([, to, title]) => [to, title])
  assert.deepEqual(links(html), [
    ['/plugins/notes/all?from=1&amp;to=2', 'All'],
    ['/plugins/notes/today', 'Heute'],
    ['/plugins/reports/report.html', 'Report'],
  ])
  assert.deepEqual(links(stranger), [['/plugins/reports/report.html', 'Report']])
  assert.match(html, /<div class="plugin">.*reports/)
  const shared = await (await (await member('karen', ['notes.share'])).own.get('/')).text()
  assert.deepEqual(links(shared)[2], ['/plugins/notes/shared', 'Shared'])
  assert.match(shared, /Today &amp; now/)
  const icon = await own.get('/plugins/notes/.plugbay/icon')
  assert.deepEqual([icon.status, icon.headers.get('content-type')], [200, 'image/svg+xml; charset=utf-8'])
  assert.match(icon.headers.get('content-security-policy') ?? '', /sandbox/)
  assert.match(await icon.text(), /^<svg/)
  const known = { 'if-none-match': icon.headers.get('etag') ?? '' }
  assert.equal((await own.get('/plugins/notes/.plugbay/icon', known)).status, 304)
  for (const path of [
    '/plugins/notes/.plugbay/icon',
    '/plugins/staff/.plugbay/icon',
    '/plugins/guestbook/.plugbay/icon',
  ])
    assert.equal((await browser().get(path)).status, 404, path)
  assert.match(html, /plugins\/staff/)
  assert.match(html, /href="\/admin\/"/)
  const { own: plain } = await member('mary')
  const shown = await (await plain.get('/')).text()
  assert.match(shown, /plugins\/notes/)
  assert.doesNotMatch(shown, /plugins\/staff|\/admin\//)
})

test('a link works once, until another one is made, and is told apart from none by nobody', async () => {
  const { user } = await member('radia')
  const first = await linkOf(user)
  assert.equal(first.kind, 'reset')
  const second = await linkOf(user)
  const password = 'another tangerine 8'
  const post = (link: PasswordLink) =>
    browser().post('/set-password', { code: codeIn(link), password, again: password })
  assert.equal((await post(first)).status, 410)
  const [one, two] = await Promise.all([post(second), post(second)])
  assert.deepEqual([one.status, two.status].toSorted(), [303, 410])
  assert.equal((await browser().get(second.path)).status, 410)
  assert.equal((await browser().get('/set-password')).status, 410)
  assert.equal((await browser().get(second.path, { host: 'example.org' })).status, 421)
  assert.equal((await browser().signIn('radia')).status, 401)
  assert.equal((await browser().signIn('radia', password)).status, 200)
  // The secret of a link is nowhere but in the answer.
  const log = JSON.stringify(await runtime.store.audit.list({ limit: 200 }))
  assert.ok(!log.includes(codeIn(second)))
})

test('a reset ends every session, and the browsers that were trusted', async () => {
  const { user, own } = await member('frances')
  const code = codeIn(await linkOf(user))
  const other = browser()
  await other.post('/set-password', { code, password: 'yet another pear 9', again: 'yet another pear 9' })
  assert.doesNotMatch(await (await own.get('/')).text(), /Signed in/)
  assert.match(await (await other.get('/')).text(), /Signed in as frances/)
  assert.equal(
    await runtime.store.principals.knowsBrowser(own.cookies.get('plugbay-browser') ?? '', user.id),
    false,
  )
})

test('one changes the own password with the current one; other sessions end', async () => {
  const { own } = await member('john')
  const elsewhere = browser()
  await elsewhere.signIn('john')
  const next = 'a pear in the attic'
  const change = (fields: Record<string, string>) => own.post('/account/password', fields)
  const wrong = await change({ current: 'not this one at all', password: next, again: next })
  assert.equal(wrong.status, 400)
  assert.match(await wrong.text(), /current password is not right/)
  for (const [password, again, words] of [
    ['short', 'short', 'too short'],
    [next, `${next}!`, 'not the same'],
    ['x'.repeat(201), 'x'.repeat(201), 'too long'],
    ['password1234', 'password1234', 'Everybody tries'],
  ] as const) {
    const refused = await change({ current: PASSWORD, password, again })
    assert.equal(refused.status, 400)
    assert.match(await refused.text(), new RegExp(words))
  }
  const done = await change({ current: PASSWORD, password: next, again: next })
  assert.deepEqual([done.status, done.headers.get('location')], [303, '/account?changed'])
  assert.match(await (await own.get('/account?changed')).text(), /The password is changed/)
  assert.equal((await elsewhere.get('/account')).headers.get('location'), '/sign-in?to=%2Faccount')
  assert.equal((await browser().signIn('john')).status, 401)
  assert.equal((await browser().signIn('john', next)).status, 200)
})

test('signing out ends this session, signing out everywhere all of them; a page that is open ends with it', async () => {
  const { user, own } = await member('donald')
  const second = browser()
  await second.signIn('donald')
  assert.equal((await own.post('/sign-out', {})).status, 303)
  assert.doesNotMatch(await (await own.get('/')).text(), /Signed in/)
  const html = await (await second.get('/plugins/notes/')).text()
  const token = /name="plugbay-token" content="([^"]+)"/.exec(html)?.[1] ?? ''
  const call = () =>
    app.request('http://127.0.0.1:3000/plugins/notes/api/x', { headers: { 'plugbay-token': token } })
  assert.deepEqual(await (await call()).json(), { name: 'donald', permissions: [] })
  assert.equal((await second.post('/account/sign-out-everywhere', {})).status, 303)
  assert.equal((await call()).status, 401)
  assert.ok((await changes(user.id)).includes('session.end-all by donald'))
})

test('a disabled user is out at once, with tokens and links, and nobody learns why', async () => {
  const { user, own } = await member('ken', ['plugins.view', 'users.manage'])
  const made = await send(runtime, 'POST', '/tokens', {
    name: 'kens laptop',
    permissions: ['plugins.view'],
    userId: user.id,
  })
  const { token } = await made.json()
  const who = (headers: Record<string, string>) =>
    app.request('http://127.0.0.1:3000/api/v1/session', { headers })
  const cookie = `plugbay-session=${own.cookies.get('plugbay-session')}`
  assert.deepEqual(await (await who({ cookie })).json(), {
    name: 'ken',
    permissions: ['plugins.view', 'users.manage'],
  })
  // What a user makes rests on the user.
  const heir = await app.request('http://127.0.0.1:3000/api/v1/tokens', {
    method: 'POST',
    headers: { cookie, origin: own.origin, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'made by ken', permissions: ['plugins.view'] }),
  })
  const inherited = (await heir.json()).token
  const bearers = [token, inherited].map((each) => ({ authorization: `Bearer ${each}` }))
  for (const headers of bearers) assert.equal((await who(headers)).status, 200)
  const link = await linkOf(user)
  assert.equal((await send(runtime, 'PATCH', `/users/${user.id}`, { disabled: true })).status, 200)
  for (const headers of [{ cookie }, ...bearers]) assert.equal((await who(headers)).status, 401)
  assert.equal((await browser().get(link.path)).status, 410)
  assert.equal((await send(runtime, 'POST', `/users/${user.id}/password-link`, {})).status, 409)
  const [right, wrong, unknown] = await Promise.all([
    browser({ address: '192.0.2.50' }).signIn('ken'),
    browser({ address: '192.0.2.51' }).signIn('ken', 'wrong pears 123'),
    browser({ address: '192.0.2.52' }).signIn('nobody', 'wrong pears 123'),
  ])
  const bodies = await Promise.all([right, wrong, unknown].map((each) => each.text()))
  assert.deepEqual([right.status, wrong.status, unknown.status], [401, 401, 401])
  assert.equal(new Set(bodies.map((body) => body.replaceAll('nobody', 'ken'))).size, 1)
  assert.equal((await send(runtime, 'PATCH', `/users/${user.id}`, { disabled: false })).status, 200)
  assert.equal((await who({ cookie })).status, 401)
  for (const headers of bearers) assert.equal((await who(headers)).status, 200)
  assert.equal((await browser().signIn('ken')).status, 200)
})

test('what a user may no longer do, a session and a token that are there may not either', async () => {
  const { user, own } = await member('dennis', ['staff.view', 'plugins.view'])
  const made = await send(runtime, 'POST', '/tokens', {
    name: 'dennis script',
    permissions: ['plugins.view'],
    userId: user.id,
  })
  const { token } = await made.json()
  const bearer = { headers: { authorization: `Bearer ${token}` } }
  assert.equal((await app.request('http://127.0.0.1:3000/api/v1/plugins', bearer)).status, 200)
  assert.equal(
    (await send(runtime, 'PATCH', `/users/${user.id}`, { permissions: ['staff.view'] })).status,
    200,
  )
  assert.equal((await app.request('http://127.0.0.1:3000/api/v1/plugins', bearer)).status, 403)
  assert.match(await (await own.get('/')).text(), /plugins\/staff/)
  assert.equal((await own.get('/plugins/staff/')).status, 200)
  await send(runtime, 'PATCH', `/users/${user.id}`, { permissions: [] })
  assert.equal((await own.get('/plugins/staff/')).status, 403)
})

test('nobody makes a link to, disables or changes who may do more', async () => {
  const { user: root } = await member('root2', ['*'])
  const { own } = await member('helper', ['users.manage'])
  const cookie = `plugbay-session=${own.cookies.get('plugbay-session')}`
  const ask = (method: string, path: string, body: object) =>
    app.request(`http://127.0.0.1:3000/api/v1${path}`, {
      method,
      headers: { cookie, origin: own.origin, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  assert.equal((await ask('POST', `/users/${root.id}/password-link`, {})).status, 403)
  assert.equal((await ask('PATCH', `/users/${root.id}`, { disabled: true })).status, 403)
  assert.equal((await ask('DELETE', `/users/${root.id}/sessions`, {})).status, 403)
  const plain = await addUser('plain')
  assert.equal((await ask('PATCH', `/users/${plain.id}`, { permissions: ['*'] })).status, 403)
  assert.equal((await ask('PATCH', '/users/none', { disabled: true })).status, 404)
  assert.equal((await ask('PATCH', `/users/${plain.id}`, { disabled: true })).status, 200)
  const { items } = await runtime.store.audit.list({ subject: plain.id })
  assert.deepEqual(
    [items[0]?.actor, items[0]?.actorToken === null, items[0]?.actorUser !== null],
    ['helper', true, true],
  )
})

test('an application that embeds the runtime has none of these pages', async (t) => {
  const plain = await startTestRuntime(t)
  const embedded = createApp(plain, { basePath: '/tools' })
  for (const path of ['/tools/sign-in', '/tools/account', '/tools/set-password'])
    assert.equal((await embedded.request(`http://127.0.0.1:3000${path}`)).status, 404, path)
  assert.equal(
    (await embedded.request('http://127.0.0.1:3000/tools/')).headers.get('location'),
    '/tools/admin/',
  )
  await install(plain, { id: 'notes', manifest: { access: 'user' }, files: { 'frontend/index.html': '<p>' } })
  const page = await embedded.request('http://127.0.0.1:3000/tools/plugins/notes/', {
    headers: { accept: 'text/html', 'sec-fetch-site': 'none' },
  })
  assert.equal(page.status, 401)
  const added = await send(plain, 'POST', '/users', { name: 'ada', permissions: [] })
  const { id } = (await added.json()) as User
  assert.equal((await send(plain, 'POST', `/users/${id}/password-link`, {})).status, 403)
})

test('below a base path, everything stays there', async () => {
  const tools = createApp(runtime, { basePath: '/tools' })
  const own = new FormBrowser(tools)
  const page = await own.get('/tools/plugins/notes/')
  assert.equal(page.headers.get('location'), '/tools/sign-in?to=%2Ftools%2Fplugins%2Fnotes%2F')
  await member('tony')
  const fields = { name: 'tony', password: PASSWORD }
  const out = await own.post('/tools/sign-in', { ...fields, to: '/elsewhere' })
  assert.equal(await leadsTo(out), '/tools/')
  assert.match(await (await own.get('/tools/')).text(), /href="\/tools\/plugins\/notes\/"/)
})

test('a server below a base path keeps sign-in, cookies and links there, for plugins on origins of their own too', async (t) => {
  const config = {
    basePath: '/hub',
    publicUrl: 'https://media.example.org',
    pluginDomain: 'plugins.example.org',
  }
  const hub = await startTestRuntime(t, { signIn: CHEAP, config: { ...config, trustProxy: true } })
  await install(hub, {
    id: 'notes',
    manifest: { access: 'user' },
    files: { 'frontend/index.html': '<p>Notes' },
  })
  const listening = await serve(hub)
  t.after(() => listening.close(0))
  const ask = (
    path: string,
    host: string,
    init: { method?: string; headers?: Record<string, string>; body?: string } = {},
  ) => {
    const headers = {
      host,
      accept: 'text/html',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': host,
      ...init.headers,
    }
    return rawRequest(`http://127.0.0.1:${listening.port}`, path, { ...init, headers })
  }
  const to = 'to=%2Fhub%2Fplugins%2Fnotes%2F%3Fx'
  const own = await ask('/?x', 'notes.plugins.example.org')
  assert.deepEqual([own.status, own.headers.location], [302, `https://media.example.org/hub/sign-in?${to}`])
  const added = await send(hub, 'POST', '/users', { name: 'ada', permissions: [] })
  const { id } = (await added.json()) as User
  const link = await hub.store.principals.addPasswordLink(id, { invite: 60_000, reset: 1 }, { actor: 'test' })
  const form = { code: link?.secret ?? '', password: PASSWORD, again: PASSWORD }
  const set = await ask('/hub/set-password', 'media.example.org', {
    method: 'POST',
    headers: { origin: 'https://media.example.org', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  })
  assert.deepEqual([set.status, set.headers.location], [303, '/hub/'], set.text)
  for (const cookie of set.headers['set-cookie'] ?? [])
    assert.match(cookie, /^__Secure-plugbay-(?:session|browser)=.*; Path=\/hub; .*SameSite=Strict/)
  const cookie = (set.headers['set-cookie'] ?? []).map((line) => line.split(';')[0]).join('; ')
  const led = await ask('/hub/plugins/notes/?x', 'media.example.org', { headers: { cookie } })
  assert.match(led.headers.location ?? '', /^https:\/\/notes\.plugins\.example\.org\/\?x&plugbay-ticket=/)
})
