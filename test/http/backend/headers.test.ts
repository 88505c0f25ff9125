// What a plugin sees of a request's headers, and which of its own it may answer with.

import assert from 'node:assert/strict'
import { before } from 'node:test'
import type { Runtime } from '../../../runtime/runtime.ts'
import {
  ADMIN_TOKEN,
  backendOf,
  bothWays,
  type Client,
  codeOf,
  install,
  send,
  startTestRuntime,
} from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'

const BACKEND = backendOf(`
  if (url.pathname === '/seen') return Response.json({ url: request.url, headers: [...request.headers], user: ctx.user })
  if (url.pathname === '/set') return new Response('x', { headers: (await request.json()) })
  return new Response('?', { status: 404 })
`)

const scope = sharedScope()
let runtime: Runtime
before(async () => {
  runtime = await startTestRuntime(scope)
  const permissions = { credentials: ['authorization'] }
  await install(runtime, {
    id: 'heads',
    backend: BACKEND,
    files: { 'frontend/index.html': '<p>page' },
    manifest: { permissions },
  })
  await install(runtime, { id: 'members', backend: BACKEND, manifest: { access: 'user' } })
})

const PATH = '/plugins/heads/api'

/** The token that the runtime writes into the plugin's page. */
async function pageToken(client: Client, api: string): Promise<string> {
  const page = await (await client.fetch(api.replace(/api$/, ''))).text()
  return /name="plugbay-token" content="([^"]+)"/.exec(page)?.[1] ?? assert.fail(page)
}

bothWays('our tokens and cookies never reach a plugin, its own do', async (t, way) => {
  const client = await way.open(t, runtime)
  const cookies = [
    'plugbay.heads.theirs=1',
    'plugbay-session=secret-a',
    '__Host-plugbay-session=secret-b',
    'plugbay-page=secret-c',
    '__Host-plugbay-page=secret-d',
    ' plugbay-session =secret-e',
    'plugbay.heads.plugbay-sessions=fine',
  ]
  const headers = {
    cookie: cookies.join('; '),
    authorization: `Bearer ${ADMIN_TOKEN}`,
    'plugbay-token': await pageToken(client, PATH),
  }
  const text = await (await client.fetch(`${PATH}/seen`, { headers })).text()
  assert.doesNotMatch(text, /secret-|pbt_/)
  assert.ok(!text.includes(headers['plugbay-token']))
  assert.match(text, /theirs=1/)
  assert.match(text, /plugbay-sessions=fine/)
  const other = await client.fetch(`${PATH}/seen`, { headers: { authorization: 'Bearer of-the-plugin' } })
  assert.match(await other.text(), /Bearer of-the-plugin/)
})

bothWays('ctx.user is who the token says, and nobody for a stranger', async (t, way) => {
  const client = await way.open(t, runtime)
  const made = await send(runtime, 'POST', '/tokens', {
    name: `ada-${way.name}`,
    permissions: ['events.view'],
  })
  assert.equal(made.status, 201)
  const { token } = (await made.json()) as { token: string }
  const asAda = await client.fetch(`${PATH}/seen`, { headers: { authorization: `Bearer ${token}` } })
  assert.deepEqual(((await asAda.json()) as { user: unknown }).user, {
    name: `ada-${way.name}`,
    permissions: ['events.view'],
  })
  const stranger = await client.fetch(`${PATH}/seen`)
  assert.equal(((await stranger.json()) as { user: unknown }).user, null)
})

bothWays('access "user" lets nobody in without a token of ours', async (t, way) => {
  const client = await way.open(t, runtime)
  const stranger = await client.fetch('/plugins/members/api/seen')
  assert.equal(stranger.status, 401)
  assert.equal(await codeOf(stranger), 'UNAUTHENTICATED')
  const wrong = await client.fetch('/plugins/members/api/seen', {
    headers: { authorization: 'Bearer pbt_that-nobody-has-issued' },
  })
  assert.equal(wrong.status, 401)
  const right = await client.fetch('/plugins/members/api/seen', {
    headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
  })
  assert.equal(right.status, 200)
})

bothWays('the mount is in x-forwarded-prefix, and nobody can forge it', async (t, way) => {
  const client = await way.open(t, runtime)
  const response = await client.fetch(`${PATH}/seen?q=1`, { headers: { 'x-forwarded-prefix': '/evil' } })
  const { url, headers } = (await response.json()) as { url: string; headers: [string, string][] }
  assert.equal(url, `${client.origin}/seen?q=1`)
  assert.deepEqual(
    headers.filter(([name]) => name === 'x-forwarded-prefix'),
    [['x-forwarded-prefix', '/plugins/heads/api']],
  )
})

bothWays('what is not the plugin’s to set is dropped, and our own headers stay', async (t, way) => {
  const client = await way.open(t, runtime)
  const tried = {
    'content-security-policy': 'default-src *',
    'content-security-policy-report-only': 'default-src *',
    'x-content-type-options': 'whatever',
    'strict-transport-security': 'max-age=1',
    'clear-site-data': '"*"',
    'service-worker-allowed': '/',
    refresh: '0; url=https://example.org',
    'x-frame-options': 'ALLOWALL',
    'keep-alive': 'timeout=999',
    'proxy-authenticate': 'Basic',
    upgrade: 'websocket',
    trailer: 'x-later',
    'x-plugin-mine': 'kept',
    'cache-control': 'max-age=60',
    etag: '"abc"',
  }
  const response = await client.fetch(`${PATH}/set`, { method: 'POST', body: JSON.stringify(tried) })
  assert.equal(response.status, 200)
  const { headers } = response
  const csp = String(headers.get('content-security-policy'))
  assert.match(csp, /sandbox allow-scripts/)
  assert.doesNotMatch(csp, /default-src \*/)
  assert.equal(headers.get('x-content-type-options'), 'nosniff')
  for (const name of [
    'strict-transport-security',
    'clear-site-data',
    'service-worker-allowed',
    'refresh',
    'upgrade',
    'trailer',
    'proxy-authenticate',
    'content-security-policy-report-only',
  ])
    assert.equal(headers.get(name), null, name)
  assert.notEqual(headers.get('keep-alive'), 'timeout=999')
  assert.notEqual(headers.get('x-frame-options'), 'ALLOWALL')
  assert.equal(headers.get('x-plugin-mine'), 'kept')
  assert.equal(headers.get('cache-control'), 'max-age=60')
  assert.equal(headers.get('etag'), '"abc"')
  assert.equal(await response.text(), 'x')
})

bothWays(
  'headers that describe the answer pass, those that nobody knows do not, and the author is told',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const passing = {
      'content-disposition': 'attachment; filename="a.txt"',
      'content-language': 'fr',
      'last-modified': 'Wed, 21 Oct 2015 07:28:00 GMT',
      'www-authenticate': 'Bearer realm="theirs"',
      'retry-after': '3',
      'ratelimit-policy': '"default";q=100;w=10',
      'server-timing': 'db;dur=5',
      'hx-trigger': 'saved',
      'tus-resumable': '1.0.0',
      'x-request-id': '1',
      vary: 'accept-language',
    }
    const leftOut = {
      link: '<https://example.org>; rel=preload',
      'cross-origin-opener-policy': 'unsafe-none',
      'permissions-policy': 'usb=*',
      'sec-session-registration': '(ES256);path="/"',
      'speculation-rules': '"/rules.json"',
      'next-policy-of-browsers': 'everything',
      'x-accel-redirect': '/etc/passwd',
      'x-sendfile': '/etc/passwd',
      'x-dns-prefetch-control': 'on',
    }
    const answer = await client.fetch(`${PATH}/set`, {
      method: 'POST',
      body: JSON.stringify({ ...passing, ...leftOut }),
    })
    for (const [name, value] of Object.entries(passing)) assert.equal(answer.headers.get(name), value, name)
    for (const [name, value] of Object.entries(leftOut))
      assert.notEqual(answer.headers.get(name), value, name)
    const { items } = (await (await send(runtime, 'GET', '/plugins/heads/logs?limit=100')).json()) as {
      items: { message: string }[]
    }
    const told = items.filter(({ message }) => message.includes('next-policy-of-browsers'))
    assert.equal(told.length, 1, 'once, however often it is answered')
    for (const name of Object.keys(leftOut))
      assert.ok(
        items.some(({ message }) => message.includes(name)),
        name,
      )
    assert.ok(items.every(({ message }) => !message.includes('content-length')))
  },
)

bothWays('a length that the plugin lies about does not reach the visitor', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const length of ['0', '1000', '-1', 'x']) {
    const response = await client.fetch(`${PATH}/set`, {
      method: 'POST',
      body: JSON.stringify({ 'content-length': length, 'transfer-encoding': 'chunked' }),
    })
    assert.equal(await response.text(), 'x')
  }
})

bothWays('Location gets the prefix, Set-Cookie its path', async (t, way) => {
  const client = await way.open(t, runtime)
  const cases: [string, string][] = [
    ['/next?a=1', '/plugins/heads/api/next?a=1'],
    ['next', 'next'],
    ['https://example.org/x', 'https://example.org/x'],
    ['//example.org/x', '//example.org/x'],
  ]
  for (const [given, got] of cases) {
    const response = await client.fetch(`${PATH}/set`, {
      method: 'POST',
      body: JSON.stringify({ location: given }),
    })
    assert.equal(response.headers.get('location'), got)
  }
  const cookies: [string, string][] = [
    ['a=1', 'plugbay.heads.a=1; Path=/plugins/heads/'],
    ['a=1; Path=/', 'plugbay.heads.a=1; Path=/plugins/heads/'],
    ['a=1; Path=/api; Domain=example.org; Secure', 'plugbay.heads.a=1; Secure; Path=/plugins/heads/'],
    ['a=1; path=/plugins/other', 'plugbay.heads.a=1; Path=/plugins/heads/'],
    ['a=1; Path=/x; Path=/', 'plugbay.heads.a=1; Path=/plugins/heads/'],
    ['a=1; DOMAIN=x', 'plugbay.heads.a=1; Path=/plugins/heads/'],
  ]
  for (const [given, got] of cookies) {
    const response = await client.fetch(`${PATH}/set`, {
      method: 'POST',
      body: JSON.stringify({ 'set-cookie': given }),
    })
    assert.deepEqual(response.headers.getSetCookie(), [got], given)
  }
})

bothWays('a plugin cannot set or clear a cookie of ours', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const given of [
    'plugbay-session=forged',
    '__Host-plugbay-session=forged; Secure',
    'plugbay-page=x; Max-Age=0',
    ' plugbay-session =forged',
    '=plugbay-session=forged',
  ]) {
    const response = await client.fetch(`${PATH}/set`, {
      method: 'POST',
      body: JSON.stringify({ 'set-cookie': given }),
    })
    assert.deepEqual(response.headers.getSetCookie(), [], given)
  }
})

bothWays('a line break in a header is refused in the plugin, and breaks nothing', async (t, way) => {
  const client = await way.open(t, runtime)
  for (const value of ['a\r\nset-cookie: x=1', 'a\nb', 'a\0b']) {
    const response = await client.fetch(`${PATH}/set`, {
      method: 'POST',
      body: JSON.stringify({ 'x-y': value }),
    })
    assert.equal(response.status, 500)
    assert.equal(response.headers.getSetCookie().length, 0)
    assert.equal(await codeOf(response), 'GUEST_ERROR')
  }
  const name = await client.fetch(`${PATH}/set`, { method: 'POST', body: JSON.stringify({ 'x y: z': '1' }) })
  assert.equal(name.status, 500)
})

bothWays('more headers than anybody needs are an error of the plugin', async (t, way) => {
  const client = await way.open(t, runtime)
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`x-${index}`, 'v']))
  const response = await client.fetch(`${PATH}/set`, { method: 'POST', body: JSON.stringify(many) })
  assert.equal(response.status, 500)
  assert.equal(await codeOf(response), 'GUEST_ERROR')
})

bothWays('a header of megabytes is an error of the plugin, at once', async (t, way) => {
  const client = await way.open(t, runtime)
  const response = await client.fetch(`${PATH}/set`, {
    method: 'POST',
    body: JSON.stringify({ 'x-big': 'v'.repeat(3_000_000) }),
  })
  assert.equal(response.status, 500)
  assert.equal(await codeOf(response), 'GUEST_ERROR')
})

bothWays(
  'a sandboxed page that bears its token may ask with any method and header, and nobody else',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const preflight = await client.fetch(`${PATH}/seen`, {
      method: 'OPTIONS',
      headers: {
        origin: 'null',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'x-a, plugbay-token',
      },
    })
    assert.equal(preflight.status, 204)
    assert.equal(preflight.headers.get('access-control-allow-origin'), 'null')
    assert.equal(preflight.headers.get('access-control-allow-methods'), 'PUT')
    assert.equal(preflight.headers.get('access-control-allow-headers'), 'x-a, plugbay-token')
    assert.equal(preflight.headers.get('access-control-allow-credentials'), null)
    const ask = async (path: string, token?: string): Promise<[number, string | null]> => {
      const headers = { origin: 'null', ...(token !== undefined && { 'plugbay-token': token }) }
      const { status, headers: got } = await client.fetch(path, { headers })
      return [status, got.get('access-control-allow-origin')]
    }
    const token = await pageToken(client, PATH)
    assert.deepEqual(await ask(`${PATH}/seen`, token), [200, 'null'])
    assert.deepEqual(await ask(`${PATH}/seen`), [200, null])
    assert.deepEqual(
      await ask(`${PATH}/seen`, `${token}x`),
      [401, 'null'],
      'it may learn that it must be loaded again',
    )
    assert.deepEqual(await ask('/plugins/members/api/seen', token), [401, 'null'], 'of another plugin')
    assert.deepEqual(await ask('/plugins/members/api/seen'), [401, null])
    const unannounced = await client.fetch('/plugins/members/api/seen', {
      method: 'OPTIONS',
      headers: { origin: 'null', 'access-control-request-method': 'PUT' },
    })
    assert.deepEqual(
      [unannounced.status, unannounced.headers.get('access-control-allow-origin')],
      [401, null],
    )
  },
)

bothWays(
  'a plugin’s own CORS headers pass for other origins only when its access is public',
  async (t, way) => {
    const client = await way.open(t, runtime)
    const body = JSON.stringify({ 'access-control-allow-origin': 'https://example.org' })
    const headers = { origin: 'https://example.org', authorization: `Bearer ${ADMIN_TOKEN}` }
    const open = await client.fetch(`${PATH}/set`, { method: 'POST', body, headers })
    assert.equal(open.headers.get('access-control-allow-origin'), 'https://example.org')
    const closed = await client.fetch('/plugins/members/api/set', { method: 'POST', body, headers })
    assert.equal(closed.status, 200)
    assert.equal(closed.headers.get('access-control-allow-origin'), null)
  },
)
