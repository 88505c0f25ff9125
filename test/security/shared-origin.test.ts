// Class: allow lists towards plugins (K). On an origin that a plugin shares with an application, with its neighbours or with a proxy,
// browsers and proxies add credentials to every request; a plugin gets none of them that it was not granted by name, and its answers
// give no orders to browsers and proxies.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createRuntime, type Runtime } from '../../runtime/runtime.ts'
import {
  ADMIN_TOKEN,
  backendOf,
  bothWays,
  type Client,
  install,
  logLines,
  rawRequest,
  send,
  startTestRuntime,
  temporaryFolder,
  type Way,
} from '../support/runtime.ts'
import { sharedScope } from '../support/scope.ts'
import { socketBackend, visit } from '../support/sockets.ts'
import { record } from './helpers/record.ts'

const BACKEND = backendOf(`
  if (url.pathname === '/set') {
    const headers = new Headers()
    for (const [name, value] of await request.json()) headers.append(name, value)
    return new Response('x', { status: Number(url.searchParams.get('status') ?? 200), headers })
  }
  return Response.json([...request.headers])
`)

/** What browsers and proxies in front send by themselves, each with a secret. */
const AMBIENT: Readonly<Record<string, string>> = {
  cookie:
    'connect.sid=SECRET-0; grafana_session=SECRET-1; evil.sid=SECRET-2; plugbay.other.sid=SECRET-3; SECRET-4',
  authorization: 'Basic SECRET-5',
  'proxy-authorization': 'Basic SECRET-6',
  ...Object.fromEntries(
    [
      'x-forwarded-user',
      'x-forwarded-email',
      'x-forwarded-groups',
      'x-forwarded-preferred-username',
      'x-forwarded-access-token',
      'x-auth-request-user',
      'x-auth-request-access-token',
      'x-remote-user',
      'remote-user',
      'remote-groups',
      'remote-name',
      'remote-email',
      'x-webauth-user',
      'x-authentik-username',
      'x-authentik-jwt',
      'cf-access-jwt-assertion',
      'cf-access-authenticated-user-email',
      'cf-access-client-id',
      'x-amzn-oidc-data',
      'x-amzn-oidc-accesstoken',
      'x-amzn-oidc-identity',
      'x-goog-iap-jwt-assertion',
      'x-goog-authenticated-user-email',
      'x-ms-client-principal',
      'x-ms-token-aad-access-token',
      'x-pomerium-jwt-assertion',
      'x-pomerium-claim-email',
      'x-vouch-idp-claims-sub',
      'tailscale-user-login',
      'x-client-cert',
      'client-cert',
      'client-cert-chain',
      'ssl-client-cert',
      'x-ssl-client-s-dn',
      'x-ssl-client-verify',
      'x-forwarded-client-cert',
      'x-forwarded-tls-client-cert',
      'x-arr-clientcert',
      'x-amzn-mtls-clientcert-subject',
      'oidc_claim_email',
      'oidc_access_token',
      'sm_user',
      'sm_serversessionid',
      'iv-creds',
      'shib-session-id',
      'impersonate-user',
      'x-consumer-username',
      'x-credential-identifier',
      'x-id-token',
      'x-api-key',
      'cookie2',
      'x-amz-security-token',
    ].map((name, index) => [name, `SECRET-${index + 10}`]),
  ),
}

/** Without secrets: what plugins have always got. */
const HARMLESS: Readonly<Record<string, string>> = {
  accept: 'application/json',
  'x-requested-with': 'XMLHttpRequest',
  'x-csrf-token': 'of-the-page',
  'idempotency-key': '1',
  'hx-request': 'true',
  'mcp-session-id': 'of-the-plugin',
  'x-hub-signature-256': 'sha256=1',
  'x-author': 'ada',
  'last-event-id': '7',
  dnt: '1',
}

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
  await install(runtime, { id: 'evil', backend: BACKEND })
  await install(runtime, { id: 'other', backend: BACKEND })
  await install(runtime, { id: 'socket', backend: socketBackend(SOCKET) })
  const permissions = { credentials: ['authorization', 'x-api-key'] }
  await install(runtime, { id: 'asking', backend: BACKEND, manifest: { permissions } })
})

const SOCKET = 'server.accept(); server.send(JSON.stringify([...request.headers]))'

interface Seen {
  readonly text: string
  readonly headers: ReadonlyMap<string, string>
}

async function seen(client: Client, id: string, headers: Readonly<Record<string, string>>): Promise<Seen> {
  const response = await client.fetch(`/plugins/${id}/api/`, { headers })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return { text, headers: new Map(JSON.parse(text) as [string, string][]) }
}

async function answer(
  client: Client,
  headers: readonly (readonly [string, string])[],
  init: { readonly id?: string; readonly cookie?: string; readonly status?: number } = {},
): Promise<Headers> {
  const { id = 'evil', cookie, status = 200 } = init
  const response = await client.fetch(`/plugins/${id}/api/set?status=${status}`, {
    method: 'POST',
    body: JSON.stringify(headers),
    ...(cookie !== undefined && { headers: { cookie } }),
  })
  assert.equal(response.status, status)
  return response.headers
}

bothWays(
  'K1 nothing that a browser or a proxy adds for other applications reaches a plugin',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const { text, headers } = await seen(client, 'evil', { ...AMBIENT, ...HARMLESS })
    assert.doesNotMatch(text, /SECRET/)
    for (const [name, value] of Object.entries(HARMLESS)) assert.equal(headers.get(name), value, name)
    const lines = (await logLines(runtime, 'evil')).filter(({ message }) =>
      message.includes('"authorization"'),
    )
    assert.equal(lines.length, 1, 'the author learns of it, once')
    record({
      id: `K1-${way.name}`,
      area: 'http',
      title: `${Object.keys(AMBIENT).length} headers that identify a visitor to another application`,
      culprit: 'sees none of them',
    })
  },
)

bothWays('K1 the address of an application’s page does not reach a plugin, its own does', async (t, way) => {
  const client = await way.open(t, runtime)
  const theirs = await seen(client, 'evil', { referer: `${client.origin}/account?key=SECRET` })
  assert.equal(theirs.headers.get('referer'), `${client.origin}/`)
  const neighbours = await seen(client, 'evil', { referer: `${client.origin}/plugins/evil2/SECRET` })
  assert.equal(neighbours.headers.get('referer'), `${client.origin}/`)
  const own = await seen(client, 'evil', { referer: `${client.origin}/plugins/evil/page?x=1` })
  assert.equal(own.headers.get('referer'), `${client.origin}/plugins/evil/page?x=1`)
  const odd = await seen(client, 'evil', { referer: 'not an address SECRET' })
  assert.equal(odd.headers.get('referer'), undefined)
})

bothWays('K2 what was asked for and granted reaches the plugin, until it is taken back', async (t, way) => {
  const client = await way.open(t, runtime)
  const credentials = { authorization: 'Bearer of-the-plugin', 'x-api-key': 'k', 'x-id-token': 'SECRET' }
  await send(runtime, 'PUT', '/plugins/asking/grants', { credentials: ['authorization', 'x-api-key'] })
  const granted = await seen(client, 'asking', credentials)
  assert.equal(granted.headers.get('authorization'), 'Bearer of-the-plugin')
  assert.equal(granted.headers.get('x-api-key'), 'k')
  assert.doesNotMatch(granted.text, /SECRET/)
  for (const authorization of [`Bearer ${ADMIN_TOKEN}`, `Basic eDp5, Bearer ${ADMIN_TOKEN}`]) {
    const ours = await seen(client, 'asking', { authorization })
    assert.equal(ours.headers.get('authorization'), undefined, 'our own tokens never do')
  }
  await send(runtime, 'PUT', '/plugins/asking/grants', { credentials: ['x-api-key'] })
  const narrowed = await seen(client, 'asking', credentials)
  assert.equal(narrowed.headers.get('authorization'), undefined)
  assert.equal(narrowed.headers.get('x-api-key'), 'k')
  const wider = await send(runtime, 'PUT', '/plugins/asking/grants', { credentials: ['x-id-token'] })
  assert.equal(wider.status, 422)
})

bothWays(
  'K3 cookies are a plugin’s own: it sets, gets and loses them without its neighbours',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const set = await answer(client, [
      ['set-cookie', 'theme=dark; Path=/deep; HttpOnly'],
      ['set-cookie', 'a=b=c; Domain=example.org; Max-Age=9; SameSite=Strict'],
      ['set-cookie', '__Secure-x=1; Secure'],
      ['set-cookie', '__http-y=2; Secure; HttpOnly'],
    ])
    const cookies = set.getSetCookie()
    assert.deepEqual(cookies, [
      'plugbay.evil.theme=dark; HttpOnly; Path=/plugins/evil/',
      'plugbay.evil.a=b=c; Max-Age=9; SameSite=Strict; Path=/plugins/evil/',
      '__Secure-plugbay.evil.x=1; Secure; Path=/plugins/evil/',
      '__http-plugbay.evil.y=2; Secure; HttpOnly; Path=/plugins/evil/',
    ])
    const sent = ['connect.sid=SECRET', ...cookies.map((cookie) => cookie.split(';')[0])].join('; ')
    const { headers } = await seen(client, 'evil', { cookie: sent })
    assert.equal(headers.get('cookie'), 'theme=dark; a=b=c; __Secure-x=1; __http-y=2')
    assert.equal((await seen(client, 'other', { cookie: sent })).headers.get('cookie'), undefined)
  },
)

bothWays('K3 a cookie that the plugin cannot have set is not its own', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const planted of [
    'Plugbay.evil.x=1',
    'plugbay.EVIL.x=1',
    'plugbay.evil=1',
    'plugbay.evil.=1',
    'plugbay.evil.x',
    'plugbay.evil.__Host-x=1',
    'plugbay.evil.__secure-x=1',
    '__Secure-plugbay.evil.__Secure-x=1',
    '__Host-plugbay.evil.x=1',
    '__Secure-__Secure-plugbay.evil.x=1',
    'x=plugbay.evil.y=1',
    'plugbay.evil-2.x=1',
    '"plugbay.evil.x"=1',
  ]) {
    const { headers } = await seen(client, 'evil', { cookie: planted })
    assert.equal(headers.get('cookie'), undefined, planted)
  }
})

bothWays(
  'K3 what a browser would refuse, or take for another cookie, is left out and reported',
  async (t, way) => {
    const client = await way.open(t, runtime)
    for (const refused of [
      '__Host-x=1; Secure; Path=/',
      '__hOsT-x=1; Secure',
      '__Host-Http-x=1; Secure; HttpOnly',
      'nameless',
      '=nameless',
      'plugbay-session=forged',
      '__Host-plugbay-page=forged',
      `long=${'v'.repeat(4090)}`,
    ]) {
      assert.deepEqual((await answer(client, [['set-cookie', refused]])).getSetCookie(), [], refused)
    }
    assert.ok((await logLines(runtime, 'evil')).some(({ message }) => message.includes('set-cookie')))
  },
)

bothWays(
  'K3 a plugin cannot fill a browser with cookies until it forgets those of others',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const many = Array.from(
      { length: 60 },
      (_, index) => ['set-cookie', `c${index}=1; Path=/${index}`] as const,
    )
    const first = (await answer(client, many)).getSetCookie()
    assert.equal(first.length, 20)
    const jar = first.map((cookie) => cookie.split(';')[0]).join('; ')
    const next = await answer(
      client,
      [
        ['set-cookie', 'another=1'],
        ['set-cookie', 'c3=changed'],
      ],
      { cookie: jar },
    )
    assert.deepEqual(next.getSetCookie(), ['plugbay.evil.c3=changed; Path=/plugins/evil/'])
  },
)

bothWays('K4 no dialog of a browser asks for a password in the name of the whole origin', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const challenge of [
    'Basic realm="Plugbay administration"',
    'basic',
    'BASIC realm=x',
    'Digest realm="x", nonce="1"',
    'Negotiate',
    'NTLM',
    'Mutual realm="x"',
    'Bearer realm="x", Basic realm="y"',
    'Bearer, Basic',
    'Bearer realm=x,Basic realm=y',
    'Bearer realm="a\\", Basic realm="',
    'Bearer realm="a, Basic realm=b',
    'Basic\trealm="x"',
    'SomethingNew x',
  ]) {
    const headers = await answer(client, [['www-authenticate', challenge]], { status: 401 })
    assert.equal(headers.get('www-authenticate'), null, challenge)
  }
  for (const challenge of [
    'Bearer',
    'Bearer realm="api", error="invalid_token", error_description="Too old, get another"',
    'DPoP algs="ES256", Bearer resource_metadata="https://example.org/x"',
  ]) {
    const headers = await answer(client, [['www-authenticate', challenge]], { status: 401 })
    assert.equal(headers.get('www-authenticate'), challenge)
  }
})

const ORDERS = [
  'x-accel-redirect',
  'x-accel-expires',
  'x-sendfile',
  'x-lighttpd-send-file',
  'x-litespeed-location',
  'x-reproxy-url',
  'x-archive-files',
  'x-envoy-immediate-health-check-fail',
  'x-envoy-degraded',
  'x-envoy-overloaded',
  'x-envoy-upstream-alt-stat-name',
  'x-middleware-rewrite',
  'x-middleware-next',
  'x-middleware-set-cookie',
  'x-nextjs-redirect',
  'x-vercel-cache',
  'x-fastly-something',
  'x-varnish',
  'x-amz-website-redirect-location',
  'x-original-url',
  'x-rewrite-url',
  'x-cache-control',
  'x-edge-control',
  'x-sourcemap',
  'x-frame-options',
  'x-webkit-csp',
  'x-invented-tomorrow',
  'surrogate-control',
  'surrogate-key',
  'cdn-cache-control',
  'cdn-loop',
  'cloudflare-cdn-cache-control',
  'netlify-cdn-cache-control',
  'edge-control',
  'cache-tag',
  'alt-svc',
  'nel',
  'report-to',
  'reporting-endpoints',
  'set-cookie2',
  'proxy-authenticate',
  'proxy-authentication-info',
  'access-control-allow-private-network',
  'access-control-invented-tomorrow',
  'server',
  'via',
  'link',
  'refresh',
] as const

bothWays('K5 an answer gives no orders to browsers, proxies and caches, known or not', async (t, way) => {
  const client = await way.open(t, runtime)
  const harmless = {
    'x-request-id': '1',
    'x-total-count': '2',
    'x-ratelimit-limit': '3',
    'x-plugin-mine': '4',
  }
  const headers = await answer(client, [
    ...ORDERS.map((name) => [name, 'forged'] as const),
    ...Object.entries(harmless),
  ])
  for (const name of ORDERS) assert.notEqual(headers.get(name), 'forged', name)
  for (const [name, value] of Object.entries(harmless)) assert.equal(headers.get(name), value)
  record({
    id: `K5-${way.name}`,
    area: 'http',
    title: `${ORDERS.length} orders to browsers and proxies in an answer`,
    culprit: 'left out',
  })
})

bothWays('K5 the operator extends the list, but not to policies of the runtime', async (t, way) => {
  const allowedHeaders = ['x-acme-*', 'x-accel-expires', 'x-*', 'content-security-policy*']
  const own = await startTestRuntime(t, { config: { http: { allowedHeaders } } })
  await install(own, { id: 'evil', backend: BACKEND })
  const client = await way.open(t, own)
  const headers = await answer(client, [
    ['x-acme-region', 'eu'],
    ['x-accel-expires', '5'],
    ['x-invented', 'yes'],
    ['x-frame-options', 'ALLOWALL'],
    ['x-content-type-options', 'forged'],
    ['content-security-policy-report-only', 'default-src *'],
  ])
  assert.equal(headers.get('x-acme-region'), 'eu')
  assert.equal(headers.get('x-accel-expires'), '5')
  assert.equal(headers.get('x-invented'), 'yes')
  assert.equal(headers.get('x-frame-options'), null)
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  assert.equal(headers.get('content-security-policy-report-only'), null)
})

/** On an origin of its own, on the server's own way in. */
async function onItsOwn(way: Way, client: Client, init: Parameters<typeof rawRequest>[2], path = '/api/') {
  const host = `evil.localhost:${new URL(client.origin).port}`
  const headers = { ...init?.headers, host } as Record<string, string>
  if (way.name === 'server') {
    const { text, rawHeaders } = await rawRequest(client.origin, path, { ...init, headers })
    return {
      text,
      cookies: rawHeaders.filter((_, index) => /^set-cookie$/i.test(rawHeaders[index - 1] ?? '')),
    }
  }
  const response = await client.fetch(path, { ...init, headers } as RequestInit)
  return { text: await response.text(), cookies: response.headers.getSetCookie() }
}

bothWays(
  'K6 on an origin of its own, cookies and credentials are the plugin’s, in both directions',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const headers = {
      cookie: 'mine=1; plugbay-page=SECRET',
      authorization: 'Basic bWluZQ==',
      'x-api-key': 'mine-too',
    }
    const { text } = await onItsOwn(way, client, { headers })
    const got = new Map(JSON.parse(text) as [string, string][])
    assert.equal(got.get('cookie'), 'mine=1')
    assert.equal(got.get('authorization'), headers.authorization)
    assert.equal(got.get('x-api-key'), 'mine-too')
    const body = JSON.stringify([
      ['set-cookie', '__Host-x=1; Secure; Path=/'],
      ['set-cookie', 'y=2; Path=/a'],
    ])
    const { cookies } = await onItsOwn(way, client, { method: 'POST', body }, '/api/set')
    assert.deepEqual(cookies, ['__Host-x=1; Secure; Path=/', 'y=2; Path=/a'])
  },
)

test('K7 a WebSocket is a request like any other', async (t) => {
  const { serve } = await import('../../runtime/server.ts')
  const listening = await serve(runtime)
  t.after(() => listening.close(0))
  const url = `ws://127.0.0.1:${listening.port}/plugins/socket/api/`
  const { cookie2: _, ...ambient } = AMBIENT
  const cookie = `${AMBIENT.cookie}; plugbay.socket.mine=1`
  const { next } = await visit(t, url, { headers: { ...ambient, cookie } })
  const text = String(await next())
  assert.doesNotMatch(text, /SECRET/)
  assert.equal(new Map(JSON.parse(text) as [string, string][]).get('cookie'), 'mine=1')
})

test('K8 an application’s session reaches no plugin below its base path, and its users are known all the same', async (t) => {
  const embedded = await createRuntime({
    environment: {},
    config: { data: await temporaryFolder(t), port: 0, logLevel: 'silent', adminToken: ADMIN_TOKEN },
    authenticate: async (request) =>
      request.headers.get('cookie')?.includes('connect.sid=SECRET') === true
        ? { name: 'Ada', permissions: [], kind: 'application' }
        : null,
  })
  t.after(() => embedded.close())
  const backend = backendOf(`
    if (url.pathname === '/set') return new Response('', { headers: { 'set-cookie': 'a=1' } })
    return Response.json({ user: ctx.user?.name ?? null, headers: [...request.headers] })
  `)
  await install(embedded, { id: 'evil', backend, manifest: { access: 'user' } })
  const { createApp } = await import('../../runtime/app.ts')
  const app = createApp(embedded, { basePath: '/tools' })
  const cookie = 'connect.sid=SECRET; plugbay.evil.a=1'
  const ask = (path: string) =>
    app.request(`http://127.0.0.1:3000/tools/plugins/evil/api${path}`, { headers: { cookie } })
  const text = await (await ask('/')).text()
  assert.doesNotMatch(text, /SECRET/)
  assert.match(text, /"user":"Ada"/)
  assert.match(text, /"cookie","a=1"/)
  const set = await ask('/set')
  assert.deepEqual(set.headers.getSetCookie(), ['plugbay.evil.a=1; Path=/tools/plugins/evil/'])
})
