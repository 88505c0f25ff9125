// A server of its own below a base path: everything is there, and plugins still have origins of their own.

import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import type { Runtime } from '../../../runtime/runtime.ts'
import { serve } from '../../../runtime/serve.ts'
import { runCli } from '../../cli/harness.ts'
import {
  ADMIN_TOKEN,
  backendOf,
  install,
  rawRequest,
  startTestRuntime,
  temporaryFolder,
} from '../../support/runtime.ts'
import { sharedScope } from '../../support/scope.ts'
import { refused, visit } from '../../support/sockets.ts'

const BASE = '/tools/plugbay'
const scope = sharedScope()
let runtime: Runtime
let port: number
let data: string
before(async () => {
  data = await temporaryFolder(scope)
  runtime = await startTestRuntime(scope, {
    config: {
      data,
      basePath: BASE,
      trustProxy: true,
      publicUrl: 'https://media.test',
      pluginDomain: 'plugins.test',
    },
  })
  const echo = `if (url.pathname === '/socket') {
      const { 0: client, 1: server } = new WebSocketPair()
      server.accept()
      server.addEventListener('message', ({ data }) => server.send('heard ' + data))
      return new Response(null, { status: 101, webSocket: client })
    }
    if (url.pathname === '/away') return new Response(null, { status: 303, headers: { location: '/home' } })
    if (url.pathname === '/cookie') return new Response('', { headers: { 'set-cookie': 'theme=dark' } })
    return Response.json({ path: url.pathname, prefix: request.headers.get('x-forwarded-prefix') })`
  await install(runtime, {
    id: 'inside',
    backend: backendOf(echo),
    files: { 'frontend/index.html': '<!doctype html><title>page</title>' },
  })
  const listening = await serve(runtime)
  scope.after(() => listening.close(0))
  port = listening.port
})

const at = (path: string, init: RequestInit = {}, name = `127.0.0.1:${port}`): Promise<Response> =>
  fetch(`http://${name}${path}`, { redirect: 'manual', ...init })
/** As a proxy passes it on. */
const proxied = (path: string, host: string, headers: Record<string, string> = {}) =>
  rawRequest(`http://127.0.0.1:${port}`, path, {
    headers: { ...headers, host: '127.0.0.1', 'x-forwarded-host': host, 'x-forwarded-proto': 'https' },
  })

test('the admin page, the API, health and plugins are below the base path, and nowhere else', async () => {
  for (const [path, location] of [
    ['/', `${BASE}/`],
    [BASE, `${BASE}/admin/`],
    [`${BASE}/`, `${BASE}/admin/`],
    [`${BASE}/plugins/inside`, `${BASE}/plugins/inside/`],
  ] as const)
    assert.equal(
      (await at(path)).headers.get('location')?.replace(`http://127.0.0.1:${port}`, ''),
      location,
      path,
    )
  for (const path of ['/healthz', '/readyz', '/schema/manifest.v1.json', '/host-page.js', '/plugins/inside/'])
    assert.equal((await at(BASE + path)).status, 200, path)
  const { servers } = await (await at(`${BASE}/api/v1/openapi.json`)).json()
  assert.deepEqual(servers, [{ url: `${BASE}/api/v1` }])
  for (const path of [
    '/admin/',
    '/plugins/inside/',
    '/plugins/inside/api/x',
    '/healthz',
    '/tools',
    '/tools/plugbayer/',
    '/api/v1/plugins',
  ])
    assert.equal((await at(path)).status, 404, path)
})

test('a backend and its page know the base path', async () => {
  const api = `${BASE}/plugins/inside/api`
  assert.deepEqual(await (await at(`${api}/a`)).json(), { path: '/a', prefix: api })
  assert.equal((await at(`${api}/away`)).headers.get('location'), `${api}/home`)
  assert.match(
    (await at(`${api}/cookie`)).headers.get('set-cookie') ?? '',
    new RegExp(`Path=${BASE}/plugins/inside`),
  )
  const policy = (await at(`${BASE}/plugins/inside/`)).headers.get('content-security-policy') ?? ''
  assert.match(policy, new RegExp(`script-src http://127\\.0\\.0\\.1:${port}${BASE}/plugins/inside/ `))
  assert.match(policy, /sandbox /)
})

test('the type of every problem leads to the page that explains its code', async () => {
  const shell = `http://127.0.0.1:${port}`
  const own = `http://inside.localhost:${port}`
  const asked = [
    [shell, '/nothing'],
    [shell, `${BASE}/nothing`],
    [shell, `${BASE}/api/v1/plugins`],
    [shell, `${BASE}/api/v1/nothing`],
    [shell, `${BASE}/metrics`],
    [shell, `${BASE}/plugins/nothing/api/a`],
    [shell, `${BASE}/plugins/inside/nothing`],
    [shell, `${BASE}/plugins/inside/../a`],
    [shell, `${BASE}/${'a'.repeat(8001)}`],
    [own, '/nothing'],
  ] as const
  for (const [origin, path] of asked) {
    const { text } = await rawRequest(shell, path, { headers: { host: new URL(origin).host } })
    const { type, code } = JSON.parse(text)
    const address = new URL(type, origin)
    const page = await rawRequest(shell, address.pathname, { headers: { host: address.host } })
    assert.ok(page.text.includes(`<dt id="${code}">`), `${origin}${path.slice(0, 50)}: ${type}`)
    assert.equal(address.hash, `#${code}`)
  }
})

test('WebSockets are below the base path, too', async (t) => {
  const { socket, next } = await visit(t, `ws://127.0.0.1:${port}${BASE}/plugins/inside/api/socket`)
  socket.send('a')
  assert.equal(await next(), 'heard a')
  assert.equal((await refused(t, `ws://127.0.0.1:${port}/plugins/inside/api/socket`)).status, 404)
})

test('plugins have origins of their own, which have no base path', async () => {
  const leading = await at(
    `${BASE}/plugins/inside/`,
    { headers: { accept: 'text/html' } },
    `localhost:${port}`,
  )
  assert.equal(leading.headers.get('location'), `http://inside.localhost:${port}/`)
  const page = await rawRequest(`http://127.0.0.1:${port}`, '/', {
    headers: { host: `inside.localhost:${port}` },
  })
  assert.match(page.text, /<title>page/)
  const api = await proxied('/api/a', 'inside.plugins.test')
  assert.equal(JSON.parse(api.text).path, '/a')
  const shared = await proxied(`${BASE}/plugins/inside/`, 'media.test', { accept: 'text/html' })
  assert.equal(shared.headers.location, 'https://inside.plugins.test/')
  assert.equal((await proxied('/admin/', 'media.test')).status, 404)
})

test('a session is of the path alone, and of two cookies with its name none counts', async () => {
  const signIn = await rawRequest(`http://127.0.0.1:${port}`, `${BASE}/api/v1/session`, {
    method: 'POST',
    headers: {
      host: 'media.test',
      'x-forwarded-proto': 'https',
      origin: 'https://media.test',
      'content-type': 'application/json',
    },
    body: JSON.stringify({ token: ADMIN_TOKEN }),
  })
  const [cookie = ''] = signIn.headers['set-cookie'] ?? []
  assert.match(cookie, /^__Secure-plugbay-session=/)
  assert.match(cookie, new RegExp(`; Path=${BASE};`))
  const pair = cookie.split(';')[0] as string
  const session = (cookies: string) => proxied(`${BASE}/api/v1/session`, 'media.test', { cookie: cookies })
  assert.equal((await session(pair)).status, 200)
  assert.equal((await session(`__Secure-plugbay-session=planted; ${pair}`)).status, 401)
  assert.equal((await session(pair.replace('__Secure-', '__Host-'))).status, 401)
})

test('commands of this machine find the server, and links have the base path', async () => {
  const env = {
    PLUGBAY_TOKEN: ADMIN_TOKEN,
    PLUGBAY_PORT: String(port),
    PLUGBAY_BASE_PATH: `${BASE}/`,
    PLUGBAY_DATA: data,
  }
  const { out } = await runCli(['link'], { io: { env } })
  assert.match(out, new RegExp(`^https://media\\.test${BASE}/admin/#code=`))
})
