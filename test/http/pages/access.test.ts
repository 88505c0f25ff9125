import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ServingPlugin } from '../../../runtime/contributions/live-plugin.ts'
import { contentSecurityPolicy } from '../../../runtime/http/pages/csp.ts'
import { pageCookie, readPageCookie } from '../../../runtime/http/pages/page-cookie.ts'
import { assetName } from '../../../runtime/http/pages/page-path.ts'
import { createPageTokens } from '../../../runtime/http/pages/page-token.ts'
import { createTickets, takeTicket } from '../../../runtime/http/pages/tickets.ts'
import type { Principal } from '../../../runtime/permissions/principal.ts'
import { Revocations } from '../../../runtime/permissions/revocations.ts'
import { DEVELOPMENT } from '../../../runtime/policy.ts'
import { openFixture } from '../../package/artifact-fixture.ts'
import { type PageServer, pagePlugin, sendRaw, servePages } from './page-server.ts'

const ADA: Principal = { name: 'Ada', permissions: ['events.view'], kind: 'user' }
const BOB: Principal = { name: 'Bob', permissions: [], kind: 'user' }

const FILES = {
  'frontend/index.html': '<!doctype html><html><head lang=en><title>Hello</title>',
  'frontend/app.js': 'let a',
}

async function serve(t: TestContext, plugin: Partial<ServingPlugin> = {}): Promise<PageServer> {
  const artifact = await openFixture(t, { files: FILES })
  return servePages(t, {
    plugins: [pagePlugin({ artifact, access: ['events.view'], ...plugin })],
    users: { ada: ADA, bob: BOB },
  })
}

const tokenIn = (body: Buffer): string =>
  /<meta(?: data-stranger)? name="plugbay-token" content="([^"]+)">/.exec(body.toString())?.[1] ?? ''

test('a gated page requires a sign-in, refuses users without access, and is never cached; its assets are public', async (t) => {
  const server = await serve(t)
  const page = (headers = {}) => sendRaw(server.port, '/plugins/hello/', { headers })
  const stranger = await page({ accept: 'text/html' })
  assert.equal(stranger.status, 401)
  assert.match(stranger.body.toString(), /<link rel="icon" href="data:,">.*Sign in first/s)
  assert.match(stranger.headers.get('content-security-policy') ?? '', /sandbox/)
  assert.equal((await page({ 'x-test-user': 'bob' })).status, 403)
  const seen = await page({ 'x-test-user': 'ada' })
  assert.equal(seen.status, 200)
  assert.equal(seen.headers.get('cache-control'), 'no-store')
  assert.equal(seen.headers.get('etag'), undefined)
  assert.equal(seen.headers.get('access-control-allow-origin'), undefined)
  assert.match(
    seen.body.toString(),
    /<head lang=en><meta name="plugbay-token" content="[^"]+"><script>[\s\S]+<\/script><title>/,
  )
  assert.deepEqual(server.tokens.verify(tokenIn(seen.body), 'hello'), ADA)
  const head = await sendRaw(server.port, '/plugins/hello/', {
    method: 'HEAD',
    headers: { 'x-test-user': 'ada' },
  })
  assert.deepEqual(
    [head.status, head.body.length, head.headers.get('content-length')],
    [200, 0, String(seen.body.length)],
  )
  assert.equal((await sendRaw(server.port, '/plugins/hello/app.js')).status, 200)
})

test('a sandboxed public page has a token of nobody where it is shown, and none where a script fetches it', async (t) => {
  const server = await serve(t, { access: 'public' })
  const ask = (headers: Record<string, string>) =>
    sendRaw(server.port, '/plugins/hello/', { headers: { 'x-test-user': 'ada', ...headers } })
  for (const dest of ['document', 'iframe']) {
    const shown = await ask({ 'sec-fetch-dest': dest })
    assert.equal(server.tokens.verify(tokenIn(shown.body), 'hello'), null)
    assert.equal(shown.headers.get('cache-control'), 'no-store')
    assert.equal(shown.headers.get('access-control-allow-origin'), undefined)
    assert.equal(shown.headers.get('cross-origin-resource-policy'), 'same-origin')
  }
  const fetched = { 'sec-fetch-dest': 'empty' }
  for (const headers of [fetched, { origin: 'null' }, { origin: 'https://evil.example', ...fetched }]) {
    const stored = await ask(headers)
    assert.equal(tokenIn(stored.body), '')
    assert.match(stored.headers.get('etag') ?? '', /^"/)
    assert.equal(stored.headers.get('access-control-allow-origin'), '*')
  }
  const own = await sendRaw(server.port, '/', { headers: { host: `hello.localhost:${server.port}` } })
  assert.equal(tokenIn(own.body), '', 'its own origin identifies it')
})

test('the token of a stranger outlasts a sleep, and is renewed without end', () => {
  let now = 0
  const revocations = new Revocations()
  const tokens = createPageTokens({
    secret: 'a secret of tests, long enough for them',
    revocations,
    now: () => now,
  })
  let token: string | undefined = tokens.issue({ pluginId: 'hello', user: null })
  for (let day = 1; day < 30; day++) {
    now = day * 23 * 3_600_000
    assert.equal(tokens.verify(token ?? '', 'hello'), null)
    assert.equal(tokens.verify(token ?? '', 'other'), undefined)
    token = tokens.renew(token ?? '', 'hello')
  }
  now += 25 * 3_600_000
  assert.equal(tokens.verify(token ?? '', 'hello'), undefined)
})

test('a ticket opens a gated page once', async (t) => {
  const server = await serve(t)
  const ticket = server.tickets.issue('hello', ADA)
  const open = () => sendRaw(server.port, `/plugins/hello/?a=1&plugbay-ticket=${ticket}`)
  const first = await open()
  assert.equal(first.status, 200)
  assert.deepEqual(server.tokens.verify(tokenIn(first.body), 'hello'), ADA)
  assert.equal(first.headers.get('set-cookie'), undefined)
  assert.equal((await open()).status, 401)
  const ofBob = server.tickets.issue('hello', BOB)
  assert.equal((await sendRaw(server.port, `/plugins/hello/?plugbay-ticket=${ofBob}`)).status, 403)
})

test('in dev, pages load the client script from their own mount and are not kept', async (t) => {
  const server = await serve(t, { access: 'public', policy: DEVELOPMENT })
  const shared = await sendRaw(server.port, '/plugins/hello/')
  assert.match(
    shared.body.toString(),
    /<head lang=en><meta data-stranger name="plugbay-token"[\s\S]+<\/script><script src="\/plugins\/hello\/\.plugbay\/client\.js\?[0-9a-f]{64}"><\/script>/,
  )
  assert.equal(shared.headers.get('cache-control'), 'no-store')
  const own = await sendRaw(server.port, '/', { headers: { host: `hello.localhost:${server.port}` } })
  assert.match(own.body.toString(), /<script src="\/\.plugbay\/client\.js\?[0-9a-f]{64}">/)
})

test('reached as localhost, HTML moves to the origin of the plugin; assets stay', async (t) => {
  const server = await serve(t)
  const headers = { host: `localhost:${server.port}` }
  const own = `http://hello.localhost:${server.port}`
  const moved = await sendRaw(server.port, '/plugins/hello/?a=1', { headers })
  assert.deepEqual([moved.status, moved.headers.get('location')], [302, `${own}/?a=1`])
  assert.match(moved.headers.get('content-security-policy') ?? '', /sandbox/)
  assert.equal((await sendRaw(server.port, '/plugins/hello/app.js', { headers })).status, 200)
  // Who is signed in takes a ticket along.
  const known = await sendRaw(server.port, '/plugins/hello/?a=1', {
    headers: { ...headers, 'x-test-user': 'ada' },
  })
  assert.match(known.headers.get('location') ?? '', new RegExp(`^${own}/\\?a=1&plugbay-ticket=[\\w-]{32}$`))
})

test('on the origin of the plugin a ticket becomes a host-only cookie, and the address becomes clean', async (t) => {
  const server = await serve(t)
  const host = `hello.localhost:${server.port}`
  const ticket = server.tickets.issue('hello', ADA)
  const first = await sendRaw(server.port, `/?a=1&plugbay-ticket=${ticket}&b=2`, { headers: { host } })
  assert.equal(first.status, 200)
  assert.match(
    first.body.toString(),
    /http-equiv="refresh" content="0;url=\/\?a=1&amp;b=2"><\/noscript>\n<link rel="icon" href="data:,">/,
  )
  const cookie = first.headers.get('set-cookie') ?? ''
  assert.match(cookie, /^plugbay-page=[^;]+; Max-Age=600; Path=\/; HttpOnly; SameSite=Strict$/)
  const value = cookie.slice(0, cookie.indexOf(';'))
  const second = await sendRaw(server.port, '/?a=1&b=2', { headers: { host, cookie: value } })
  assert.equal(second.status, 200)
  assert.deepEqual(server.tokens.verify(tokenIn(second.body), 'hello'), ADA)
  assert.match(second.headers.get('set-cookie') ?? '', /^plugbay-page=/)
  assert.ok(!(second.headers.get('content-security-policy') ?? '').includes('sandbox'))
  assert.match(second.headers.get('content-security-policy') ?? '', /script-src 'self' /)
  // The cookie of another plugin opens nothing.
  const foreign = server.tokens.issue({ pluginId: 'other', user: ADA })
  const refused = await sendRaw(server.port, '/', { headers: { host, cookie: `plugbay-page=${foreign}` } })
  assert.equal(refused.status, 401)
  // In a frame of ours a cookie would be dropped: the page comes at once.
  const framed = server.tickets.issue('hello', ADA)
  const inFrame = await sendRaw(server.port, `/?plugbay-ticket=${framed}`, {
    headers: { host, 'sec-fetch-dest': 'iframe' },
  })
  assert.notEqual(tokenIn(inFrame.body), '')
  assert.equal(inFrame.headers.get('set-cookie'), undefined)
})

test('the page cookie has a name on https that neighbours cannot plant', () => {
  assert.match(pageCookie('t', { secure: true }), /^__Host-plugbay-page=t; .*Path=\/; .*Secure/)
  assert.equal(readPageCookie('plugbay-page=planted', { secure: true }), undefined)
  assert.equal(readPageCookie('plugbay-page=planted; __Host-plugbay-page=t', { secure: true }), 't')
  assert.equal(readPageCookie('__Host-plugbay-page=t; plugbay-page=p', { secure: false }), 'p')
  assert.equal(readPageCookie('plugbay-page=', { secure: false }), undefined)
})

test('a name that is not ours is misdirected, for every path', async (t) => {
  const server = await serve(t)
  for (const host of [
    'evil.example',
    'hello.evil.example',
    '192.168.1.5',
    `localhost.evil.example:${server.port}`,
  ]) {
    assert.equal(
      (await sendRaw(server.port, '/plugins/hello/app.js', { headers: { host } })).status,
      421,
      host,
    )
  }
})

test('createPageTokens() refuses what is forged, stale or of another plugin, and renews for twelve hours', () => {
  let now = 1_000_000
  const revocations = new Revocations(() => now)
  const tokens = createPageTokens({ secret: 'one', revocations, now: () => now })
  const token = tokens.issue({ pluginId: 'hello', user: ADA })
  assert.deepEqual(tokens.verify(token, 'hello'), ADA)
  assert.equal(tokens.verify(token, 'other'), undefined)
  const others = createPageTokens({ secret: 'two', revocations, now: () => now })
  assert.equal(others.verify(token, 'hello'), undefined)
  const bytes = Buffer.from(token, 'base64url')
  const changed = Array.from(bytes, (byte, at) => Buffer.from(bytes.with(at, byte ^ 1)).toString('base64url'))
  const shortened = Array.from(bytes, (_, at) => token.slice(0, at))
  for (const bad of ['.', 'x', `${token}A`, `${token}=`, `.${token}`, ...changed, ...shortened])
    assert.equal(tokens.verify(bad, 'hello'), undefined, bad)
  assert.ok(!bytes.includes(ADA.name), 'a page cannot read who its visitor is')
  now += 599_999
  assert.deepEqual(tokens.verify(token, 'hello'), ADA)
  let renewed = tokens.renew(token, 'hello')
  now += 1
  assert.equal(tokens.verify(token, 'hello'), undefined)
  assert.equal(tokens.renew(token, 'hello'), undefined)
  let renewals = 0
  while (renewed !== undefined) {
    assert.deepEqual(tokens.verify(renewed, 'hello'), ADA)
    now += 500_000
    renewed = tokens.renew(renewed, 'hello')
    renewals++
    assert.ok(renewals < 1000)
  }
  assert.ok(now - 1_000_000 > 12 * 3_600_000)
})

test('what was issued to a user whose credential has ended opens nothing', () => {
  let now = 1_000_000
  const revocations = new Revocations(() => now)
  const tokens = createPageTokens({ secret: 'one', revocations, now: () => now })
  const tickets = createTickets({ revocations, now: () => now })
  const basis = { credentials: ['token:1', 'session:2'], since: revocations.moment, until: null }
  const user = { ...ADA, basis }
  const token = tokens.issue({ pluginId: 'hello', user })
  const ticket = tickets.issue('hello', user)
  const late = tokens.issue({ pluginId: 'hello', user: { ...ADA, basis: { ...basis, until: now + 1000 } } })
  revocations.end('session:3')
  assert.deepEqual(tokens.verify(token, 'hello'), user)
  now += 1000
  assert.equal(tokens.verify(late, 'hello'), undefined, 'a token that has expired')
  revocations.end('session:2')
  assert.equal(tokens.verify(token, 'hello'), undefined)
  assert.equal(tokens.renew(token, 'hello'), undefined)
  assert.equal(tickets.consume(ticket, 'hello'), undefined)
  const again = { ...ADA, basis: { ...basis, since: revocations.moment } }
  assert.deepEqual(tokens.verify(tokens.issue({ pluginId: 'hello', user: again }), 'hello'), again)
})

test('takeTicket() leaves the rest of a query as it is written', () => {
  assert.deepEqual(takeTicket('?a=%41&plugbay-ticket=t&b'), { ticket: 't', search: '?a=%41&b' })
  assert.deepEqual(takeTicket('?plugbay-ticket=t'), { ticket: 't', search: '' })
  assert.deepEqual(takeTicket('?x=plugbay-ticket'), { ticket: null, search: '?x=plugbay-ticket' })
  assert.deepEqual(takeTicket(''), { ticket: null, search: '' })
})

test('assetName() takes canonical paths only', () => {
  assert.equal(assetName('/'), '')
  assert.equal(assetName('/a/b.js'), 'a/b.js')
  assert.equal(assetName('/%C3%A9.txt'), 'é.txt')
  assert.equal(assetName('/e%CC%81.txt'), 'é.txt')
  assert.equal(assetName('/a%20b(1)@x,y;z=1.png'), 'a b(1)@x,y;z=1.png')
  assert.equal(assetName('/%7Euser/'), '~user/')
  assert.equal(assetName('/...'), '...')
  const refused = [
    '',
    'a',
    '//',
    '/./a',
    '/../a',
    '/a/..',
    '/a//b',
    '/a\\b',
    '/%2e%2e/a',
    '/a%2Fb',
    '/a%5cb',
    '/a%00',
    '/a%0d%0a',
    '/%61',
    '/%',
    '/%zz',
    '/%c0%ae',
    '/a b',
    '/é',
    '/a\0',
    '/%7f',
    '/a?b',
    '/a#b',
  ]
  for (const path of refused) assert.equal(assetName(path), null, path)
})

test('contentSecurityPolicy() names only origins, whatever it is given', () => {
  const network = [
    'https://b.example',
    'https://c.example; script-src *',
    'https://d.example/path',
    '*',
    'https://*',
    'https://*.c.example',
    'http://*:4191',
    'https://e;frame-ancestors',
    'https://e,f',
    "'self'",
  ]
  const mount = { mode: 'opaque', path: '/x;y,z/plugins/hello', shellOrigin: 'https://a.example' } as const
  const csp = contentSecurityPolicy(mount, network)
  assert.match(
    csp,
    /script-src https:\/\/a\.example\/x%3By%2Cz\/plugins\/hello\/ https:\/\/b\.example 'unsafe-inline'/,
  )
  for (const bad of ['*', 'c.example', 'd.example', 'https://e', "'self'"]) assert.ok(!csp.includes(bad), bad)
})
