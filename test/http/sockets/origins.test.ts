// Who may open a WebSocket to a plugin. Any site may try, with the visitor's cookies: the page counts.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Principal } from '../../../runtime/permissions/principal.ts'
import type { Runtime } from '../../../runtime/runtime.ts'
import {
  ADMIN_TOKEN,
  type Client,
  install,
  rawRequest,
  send,
  startTestRuntime,
  WAYS,
} from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'
import { refused, socketBackend, visit } from '../../support/sockets.ts'

const BACKEND = socketBackend(
  'server.accept(); server.send(JSON.stringify({ user: ctx.user?.name ?? null, headers: Object.fromEntries(request.headers) }))',
)
const PAGE = '<!doctype html><html><head></head><body></body></html>'
const FOREIGN = 'https://evil.example'
const COOKIE = 'app=ada'

/** The application around knows its users by a cookie, which browsers send along from any site. */
async function vouch(request: Request): Promise<Principal | null> {
  const isAda = request.headers.get('cookie')?.includes(COOKIE) ?? false
  return isAda ? { name: 'Ada', permissions: [], kind: 'application' } : null
}

const scope = sharedScope()
let runtime: Runtime
let client: Client
let port: string

before(async () => {
  runtime = await startTestRuntime(scope, { authenticate: vouch })
  const [server] = WAYS
  assert.ok(server)
  client = await server.open(scope, runtime)
  port = new URL(client.origin).port
  const files = { 'frontend/index.html': PAGE }
  for (const id of ['gated', 'neighbour'])
    await install(runtime, { id, backend: BACKEND, files, manifest: { access: 'user' } })
  await install(runtime, { id: 'open', backend: BACKEND, files })
  const allowing = BACKEND.replace(
    'server.accept();',
    "server.accept(); headers = { 'access-control-allow-origin': 'https://evil.example' };",
  )
  await install(runtime, { id: 'allowing', backend: allowing })
  const access = ['stock.view']
  await install(runtime, { id: 'chosen', backend: BACKEND, manifest: { access } })
})

const at = (id: string): string => `${client.origin}/plugins/${id}/api/`

/** The token that the runtime writes into a page for Ada. */
async function tokenOf(id: string): Promise<string> {
  const page = await client.fetch(`/plugins/${id}/`, { headers: { cookie: COOKIE } })
  const [, token] = /name="plugbay-token" content="([^"]+)"/.exec(await page.text()) ?? []
  assert.ok(token)
  return token
}

interface Case {
  readonly what: string
  readonly id: string
  readonly origin?: string
  readonly cookie?: string
  readonly token?: string
  readonly host?: string
  readonly headers?: Record<string, string>
  /** The visitor's name or null, or the status of the refusal. */
  readonly expected: string | null | number
}

async function run(t: Parameters<typeof visit>[0], one: Case): Promise<void> {
  const headers = {
    ...(one.origin !== undefined && { origin: one.origin }),
    ...(one.cookie !== undefined && { cookie: one.cookie }),
    ...(one.host !== undefined && { host: one.host }),
    ...one.headers,
  }
  const protocols = one.token === undefined ? [] : ['plugbay', `plugbay-token.${one.token}`]
  const url = one.host?.includes('.localhost') ? `${client.origin}/api/` : at(one.id)
  if (typeof one.expected === 'number') {
    const { status } = await refused(t, url, { headers, protocols })
    assert.equal(status, one.expected, one.what)
    return
  }
  const { next, socket } = await visit(t, url, { headers, protocols })
  const seen = JSON.parse(String(await next())) as { user: string | null; headers: Record<string, string> }
  assert.equal(seen.user, one.expected, one.what)
  if (one.token === undefined) return
  // The token stays here.
  assert.equal(socket.protocol, 'plugbay', one.what)
  assert.ok(!JSON.stringify(seen.headers).includes(one.token), one.what)
  assert.equal(seen.headers['sec-websocket-protocol'], undefined)
}

test('a plugin for users takes sockets of its own pages and of other programs, never of another page', async (t) => {
  const token = await tokenOf('gated')
  const own = `gated.localhost:${port}`
  const cases: Case[] = [
    { what: 'no browser, nobody', id: 'gated', expected: 401 },
    { what: 'no browser, the application knows him', id: 'gated', cookie: COOKIE, expected: 'Ada' },
    {
      what: 'no browser, a token of ours',
      id: 'gated',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      expected: 'admin',
    },
    { what: 'our own page', id: 'gated', origin: client.origin, cookie: COOKIE, expected: 'Ada' },
    { what: 'our own page, a stranger', id: 'gated', origin: client.origin, expected: 401 },
    { what: 'another site', id: 'gated', origin: FOREIGN, cookie: COOKIE, expected: 403 },
    { what: 'another site with a token', id: 'gated', origin: FOREIGN, token, expected: 403 },
    { what: 'another port', id: 'gated', origin: 'http://127.0.0.1:1', cookie: COOKIE, expected: 403 },
    {
      what: 'another scheme',
      id: 'gated',
      origin: `https://127.0.0.1:${port}`,
      cookie: COOKIE,
      expected: 403,
    },
    { what: 'an origin that is none', id: 'gated', origin: 'file://', cookie: COOKIE, expected: 403 },
    { what: 'a sandboxed page without a token', id: 'gated', origin: 'null', cookie: COOKIE, expected: 403 },
    { what: 'a sandboxed page with its token', id: 'gated', origin: 'null', token, expected: 'Ada' },
    {
      what: 'a sandboxed page with the token of another plugin',
      id: 'neighbour',
      origin: 'null',
      cookie: COOKIE,
      token,
      expected: 401,
    },
    {
      what: 'a sandboxed page with a forged token',
      id: 'gated',
      origin: 'null',
      token: `${token}x`,
      expected: 401,
    },
    {
      what: 'cookies that a browser says are sent across sites',
      id: 'gated',
      cookie: COOKIE,
      headers: { 'sec-fetch-site': 'cross-site' },
      expected: 401,
    },
    { what: 'its own origin', id: 'gated', host: own, origin: `http://${own}`, token, expected: 'Ada' },
    {
      what: 'its own origin by its cookie',
      id: 'gated',
      host: own,
      origin: `http://${own}`,
      cookie: `plugbay-page=${token}`,
      expected: 'Ada',
    },
    {
      what: 'the origin of its neighbour',
      id: 'gated',
      host: own,
      origin: `http://neighbour.localhost:${port}`,
      cookie: `plugbay-page=${token}`,
      expected: 403,
    },
    {
      what: 'a sandboxed frame on its own origin',
      id: 'gated',
      host: own,
      origin: 'null',
      cookie: `plugbay-page=${token}`,
      expected: 403,
    },
    { what: 'a name that is not ours', id: 'gated', host: 'evil.example', cookie: COOKIE, expected: 421 },
    { what: 'a user without the permission', id: 'chosen', cookie: COOKIE, expected: 403 },
  ]
  for (const one of cases) await run(t, one)
})

test('a public plugin accepts sockets of its own pages and of sites that it allows, and identifies visitors only to its own', async (t) => {
  const token = await tokenOf('open')
  const cases: Case[] = [
    { what: 'another site', id: 'open', origin: FOREIGN, cookie: COOKIE, expected: 403 },
    { what: 'a frame with the origin null', id: 'open', origin: 'null', cookie: COOKIE, expected: 403 },
    { what: 'a sandboxed page with its token', id: 'open', origin: 'null', token, expected: null },
    { what: 'another site that it allows', id: 'allowing', origin: FOREIGN, cookie: COOKIE, expected: null },
    { what: 'our own page', id: 'open', origin: client.origin, cookie: COOKIE, expected: 'Ada' },
    { what: 'no browser', id: 'open', expected: null },
  ]
  for (const one of cases) await run(t, one)
})

test('a change of access closes the sockets of visitors without access', async (t) => {
  const { closed } = await visit(t, at('open'))
  const narrower = await send(runtime, 'PUT', '/plugins/open/access', 'user')
  assert.equal(narrower.status, 200, await narrower.text())
  assert.deepEqual(await closed, [1008, ''])
  assert.equal((await refused(t, at('open'))).status, 401)
})

test('session cookies and tokens of ours never reach the backend of a socket, nor an application’s', async (t) => {
  const token = await tokenOf('neighbour')
  const { next } = await visit(t, at('neighbour'), {
    headers: {
      cookie: `${COOKIE}; plugbay-session=secret; plugbay-page=secret`,
      authorization: `Bearer ${ADMIN_TOKEN}`,
      'plugbay-token': token,
    },
  })
  const { headers } = JSON.parse(String(await next())) as { headers: Record<string, string> }
  assert.equal(headers.cookie, undefined)
  assert.equal(headers.authorization, undefined)
  assert.equal(headers['plugbay-token'], undefined)
  assert.equal((await rawRequest(client.origin, '/plugins/neighbour/api/')).status, 401)
})

test('behind a proxy that is trusted, the name and scheme that visitors use count', async (t) => {
  const publicUrl = 'https://media.example.org'
  const proxied = await startTestRuntime(t, {
    authenticate: vouch,
    config: { publicUrl, trustProxy: true, pluginDomain: 'plugins.example.org' },
  })
  const [server] = WAYS
  const { origin } = (await server?.open(t, proxied)) ?? assert.fail()
  await install(proxied, { id: 'gated', backend: BACKEND, manifest: { access: 'user' } })
  const headers = { 'x-forwarded-host': 'media.example.org', 'x-forwarded-proto': 'https', cookie: COOKIE }
  const url = `${origin}/plugins/gated/api/`
  const known = await visit(t, url, { headers: { ...headers, origin: publicUrl } })
  assert.partialDeepStrictEqual(JSON.parse(String(await known.next())), { user: 'Ada' })
  for (const foreign of ['http://media.example.org', 'https://gated.plugins.example.org', FOREIGN])
    assert.equal((await refused(t, url, { headers: { ...headers, origin: foreign } })).status, 403, foreign)
  const own = { ...headers, 'x-forwarded-host': 'gated.plugins.example.org' }
  for (const [page, status] of [
    ['https://gated.plugins.example.org', 101],
    ['https://other.plugins.example.org', 403],
    [publicUrl, 403],
  ] as const) {
    const options = { headers: { ...own, origin: page } }
    if (status === 101) await visit(t, `${origin}/api/`, options)
    else assert.equal((await refused(t, `${origin}/api/`, options)).status, status, page)
  }
})
